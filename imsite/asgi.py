"""The one-process door of `make run`."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imsite.settings")
# Under ASGI each request may run in another thread, so persistent connections would pile up.
os.environ.setdefault("DATABASE_POOL", "true")

application = get_asgi_application()
