"""The demo's logins. The password of each is its name, so they exist outside production only."""

from django.conf import settings
from django.contrib.auth.models import User

ADMINISTRATOR, SUPPORT = "demo", "support"


def demo_logins() -> list[str]:
    """Return the names of the logins that exist; none in production."""
    if not settings.DEBUG:
        return []
    accounts = User.objects.filter(username__in=(ADMINISTRATOR, SUPPORT), is_active=True)
    return sorted(accounts.values_list("username", flat=True))
