"""Fill the database with demo data, and print where to find it."""

import os
import sys
from datetime import UTC, datetime
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import demo
from conversations.access import api_keys
from conversations.access.permissions import GROUPS
from conversations.choices import ConversationType
from conversations.demo import feeding, people, scripts
from conversations.demo.logins import ADMINISTRATOR, SUPPORT
from conversations.identifiers import join
from conversations.management.arguments import moment
from conversations.models import ApiKey
from conversations.staff.presentation import conversation_url
from conversations.times import to_epoch_s
from conversations.transfer.conversations import import_records

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
KEY_NAME = "demo"
SUPPORT_GROUP = GROUPS["support"]
BEST_KNOWN = join(ConversationType.GROUP, scripts.PROJECT.group_id)
SHOWN_IDS = ("c2c_bob", BEST_KNOWN, "group_design team/2026", "c2c_nobody")


class Command(BaseCommand):
    help = _(
        "Create demo users, groups and conversations, unless they exist already. Repeated runs differ only in time. Outside "
        "production, also create logins and an API key."
    )

    def add_arguments(self, parser):
        parser.add_argument("--owners", type=int, default=300, help=_("number of users with a list (default: 300, at least 2)"))
        parser.add_argument(
            "--port",
            type=int,
            default=os.environ.get("PORT") or "8000",
            help=_("port of the server, for the printed URLs (default: PORT, else 8000)"),
        )
        parser.add_argument(
            "--until",
            type=moment,
            metavar="TIME",
            help=_("time of the newest demo message (default: now); ISO 8601 or epoch seconds"),
        )
        parser.add_argument("--force", action="store_true", help=_("allow demo data in production, without logins and key"))

    def handle(self, *, owners, port, until, force, **options):
        if not settings.DEBUG and not force:
            raise CommandError(_("This is a production server (DEBUG is off). To add demo data to it, use --force."))
        if owners < 2:
            raise CommandError(_("--owners must be at least 2."))
        until = until or timezone.now()
        if not EARLIEST <= until <= timezone.now():
            raise CommandError(_("--until must be between the year 2000 and now."))
        if existing := people.existing_cast():
            self.stdout.write(_("Nothing was changed: users exist already (%(owners)s).") % {"owners": ", ".join(existing)})
        else:
            self._fill(owners, to_epoch_s(until))
        if settings.DEBUG:
            self._print_links(f"http://127.0.0.1:{port}", _make_logins(), _make_key())

    @transaction.atomic
    def _fill(self, owners: int, now_s: int) -> None:
        """Store all of the demo or nothing, since later runs could not tell a half from a whole.

        The one transaction locks owners and groups out of order; a deadlock with another writer rolls it back.
        """
        summary = import_records(enumerate(demo.records(owners, now_s), start=1))
        if summary.bad:
            raise CommandError(_("%(count)d demo conversations are invalid.") % {"count": summary.bad})
        cast = people.make_people(owners)
        people.name_owners(cast)
        messages = feeding.feed(cast, now_s)
        counts = {"owners": owners, "conversations": summary.created, "messages": len(messages)}
        self.stdout.write(_("Demo data: %(owners)d users, %(conversations)d conversations, %(messages)d messages.") % counts)

    def _print_links(self, site: str, logins: list[str], key: str) -> None:
        lines = [
            "",
            _("Pages:    %(address)s") % {"address": f"{site}/"},
            _("Start at: %(address)s") % {"address": site + conversation_url(scripts.ALICE, BEST_KNOWN)},
            _("Admin:    %(address)s") % {"address": f"{site}/admin/"},
            _("API docs: %(address)s") % {"address": f"{site}/api/docs/"},
            _("Login:    %(logins)s") % {"logins": ", ".join(f"{name} / {name}" for name in logins)},
            _("API key:  %(key)s (replaces that of an earlier run)") % {"key": key},
        ]
        manage = f"{os.path.relpath(sys.executable)} manage.py"
        commands = [
            (_("Explain an unread count of alice:"), f"{manage} explain_unread {scripts.ALICE} '{BEST_KNOWN}'"),
            (_("Send sample webhooks, and print their effects:"), f"{manage} send_sample_callbacks --url {site}"),
        ]
        for title, command in (*_curl_lines(site, key), *commands):
            lines += ["", title, command]
        self.stdout.write("\n".join(lines))


def _curl_lines(site: str, key: str) -> list[tuple[str, str]]:
    """Return titles and curl commands to paste. IDs are percent-encoded; single quotes protect & and ? from the shell."""

    def curl(path: str) -> str:
        return f"curl -H 'Authorization: Bearer {key}' '{site}/api/v1/conversations/{path}'"

    ids = "".join(f"&id={quote(conversation_id, safe='')}" for conversation_id in SHOWN_IDS)
    return [
        (_("Get a conversation of alice:"), curl(f"{quote(SHOWN_IDS[0], safe='')}/?owner=alice")),
        (_("Get several, in this order:"), curl(f"lookup/?owner=alice{ids}")),
        (_("Get the first page of the list:"), curl("?owner=alice&count=20")),
    ]


@transaction.atomic
def _make_logins() -> list[str]:
    """Create an administrator and, if the support role exists, a user with it; each password is the name. Return the names."""
    _make_login(ADMINISTRATOR, is_superuser=True)
    role = Group.objects.filter(name=SUPPORT_GROUP).first()
    if role is None:
        return [ADMINISTRATOR]
    _make_login(SUPPORT, is_superuser=False, role=role)
    return [ADMINISTRATOR, SUPPORT]


def _make_login(name: str, *, is_superuser: bool, role: Group | None = None) -> None:
    # An existing account may be a real one: it stays unchanged.
    user, is_new = User.objects.get_or_create(username=name, defaults={"is_staff": True, "is_superuser": is_superuser})
    if is_new:
        user.set_password(name)
        user.save(update_fields=["password"])
        if role:
            user.groups.add(role)


@transaction.atomic
def _make_key() -> str:
    """Create a service key with all scopes, and revoke that of the last run, whose text is lost."""
    old_keys = ApiKey.objects.filter(name=KEY_NAME, owner_id=None, revoked_at=None)
    for prefix in old_keys.values_list("prefix", flat=True):
        api_keys.revoke(prefix)
    _stored, text = api_keys.create_api_key(name=KEY_NAME, scopes=api_keys.SCOPES)
    return text
