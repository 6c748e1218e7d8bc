"""The production server's door: API, admin and pages, without streams."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imsite.settings")
# Whoever serves through WSGI is in production unless they say otherwise.
os.environ.setdefault("DEBUG", "false")

application = get_wsgi_application()
