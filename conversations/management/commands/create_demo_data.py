"""Fill the database with the demo, and say how to look at it."""

import os
import sys
from datetime import UTC, datetime
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations import demo
from conversations.access import api_keys
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
SUPPORT_GROUP = "Support"
BEST_KNOWN = join(ConversationType.GROUP, scripts.PROJECT.group_id)
SHOWN_IDS = ("c2c_bob", BEST_KNOWN, "group_design team/2026", "c2c_nobody")


class Command(BaseCommand):
    help = _(
        "Create demo people, groups and conversations, always the same but for the time, unless there are such people already; "
        "outside production also a login and a key."
    )

    def add_arguments(self, parser):
        parser.add_argument("--owners", type=int, default=300, help=_("how many people have a list (default 300, at least 2)"))
        parser.add_argument(
            "--port",
            type=int,
            default=os.environ.get("PORT") or "8000",
            help=_("where the server listens, for the addresses printed (default PORT, else 8000)"),
        )
        parser.add_argument(
            "--until", type=moment, metavar="TIME", help=_("when the demo ends (default now); ISO 8601 or epoch seconds")
        )
        parser.add_argument("--force", action="store_true", help=_("go on in production: data only, neither login nor key"))

    def handle(self, *, owners, port, until, force, **options):
        if not settings.DEBUG and not force:
            raise CommandError(_("This is a production server (DEBUG is off); use --force to put demo data into it."))
        if owners < 2:
            raise CommandError(_("There are at least 2 owners: alice and bob."))
        until = until or timezone.now()
        if not EARLIEST <= until <= timezone.now():
            raise CommandError(_("The demo ends at some time from 2000 until now."))
        if known := people.known_already():
            self.stdout.write(_("There already, so nothing was changed: %(owners)s.") % {"owners": ", ".join(known)})
        else:
            self._fill(owners, to_epoch_s(until))
        if settings.DEBUG:
            self._show_the_way(f"http://127.0.0.1:{port}", _make_logins(), _make_key())

    @transaction.atomic
    def _fill(self, owners: int, now_s: int) -> None:
        """All of the demo or nothing: a half of it could not be told from a whole.

        In one transaction it locks owners and groups in no good order; of a deadlock with another writer nothing stays.
        """
        summary = import_records(enumerate(demo.records(owners, now_s), start=1))
        if summary.bad:
            raise CommandError(_("%(count)d demo conversations were refused.") % {"count": summary.bad})
        cast = people.make_people(owners)
        people.name_owners(cast)
        messages = feeding.feed(cast, now_s)
        counts = {"owners": owners, "conversations": summary.created, "messages": len(messages)}
        self.stdout.write(_("Demo data: %(owners)d owners, %(conversations)d conversations, %(messages)d messages.") % counts)

    def _show_the_way(self, site: str, logins: list[str], key: str) -> None:
        lines = [
            "",
            _("Pages:    %(address)s") % {"address": f"{site}/"},
            _("Begin at: %(address)s") % {"address": site + conversation_url(scripts.ALICE, BEST_KNOWN)},
            _("Admin:    %(address)s") % {"address": f"{site}/admin/"},
            _("API docs: %(address)s") % {"address": f"{site}/api/docs/"},
            _("Login:    %(logins)s") % {"logins": ", ".join(f"{name} / {name}" for name in logins)},
            _("API key:  %(key)s (that of an earlier run stops)") % {"key": key},
        ]
        manage = f"{os.path.relpath(sys.executable)} manage.py"
        commands = [
            (_("Why alice has so many unread in a group:"), f"{manage} explain_unread {scripts.ALICE} '{BEST_KNOWN}'"),
            (_("The cloud's webhooks as samples, and what they do:"), f"{manage} send_sample_callbacks --url {site}"),
        ]
        for what, line in (*_curl_lines(site, key), *commands):
            lines += ["", what, line]
        self.stdout.write("\n".join(lines))


def _curl_lines(site: str, key: str) -> list[tuple[str, str]]:
    """What to paste; IDs are percent-encoded, and single quotes keep & and ? from the shell."""

    def curl(path: str) -> str:
        return f"curl -H 'Authorization: Bearer {key}' '{site}/api/v1/conversations/{path}'"

    wanted = "".join(f"&id={quote(one, safe='')}" for one in SHOWN_IDS)
    return [
        (_("One conversation of alice's:"), curl(f"{quote(SHOWN_IDS[0], safe='')}/?owner=alice")),
        (_("Several at once, in this order:"), curl(f"lookup/?owner=alice{wanted}")),
        (_("The first page of her list:"), curl("?owner=alice&count=20")),
    ]


@transaction.atomic
def _make_logins() -> list[str]:
    """An administrator and, if the support role is set up, somebody who has it; a name's password is the name."""
    _make_login(ADMINISTRATOR, is_superuser=True)
    role = Group.objects.filter(name=SUPPORT_GROUP).first()
    if role is None:
        return [ADMINISTRATOR]
    _make_login(SUPPORT, is_superuser=False, role=role)
    return [ADMINISTRATOR, SUPPORT]


def _make_login(name: str, *, is_superuser: bool, role: Group | None = None) -> None:
    # An account that is there already is somebody's: it is left as it is.
    user, is_new = get_user_model().objects.get_or_create(
        username=name, defaults={"is_staff": True, "is_superuser": is_superuser}
    )
    if is_new:
        user.set_password(name)
        user.save(update_fields=["password"])
        if role:
            user.groups.add(role)


@transaction.atomic
def _make_key() -> str:
    """A service key that may do anything; the one of the last run stops, since nobody can read it any more."""
    for prefix in ApiKey.objects.filter(name=KEY_NAME, owner_id=None, revoked_at=None).values_list("prefix", flat=True):
        api_keys.revoke(prefix)
    _stored, text = api_keys.create_api_key(name=KEY_NAME, scopes=api_keys.SCOPES)
    return text
