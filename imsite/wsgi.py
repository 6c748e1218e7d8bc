"""The production server's entry point: API, admin and pages, without streams."""

import os

from django.core.wsgi import get_wsgi_application

from imsite import metrics_files

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imsite.settings")
# A WSGI server is in production unless the environment says otherwise.
os.environ.setdefault("DEBUG", "false")

# Requests wait for locks and statements for a limited time.
os.environ.setdefault("IS_WEB_PROCESS", "true")

metrics_files.share()

django_application = get_wsgi_application()

from conversations.store import notifications  # noqa: E402 - needs the settings
from imsite.slots import SlottedApplication  # noqa: E402

notifications.send_in_background()
application = SlottedApplication(django_application)
