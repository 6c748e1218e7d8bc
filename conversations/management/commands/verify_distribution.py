"""Check in how many places the hot reads and writes ask a distributed PostgreSQL."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations.actions import drafts, pins, reading
from conversations.exceptions import Text
from conversations.feeding import members, messages
from conversations.formats.messages import IncomingMessage
from conversations.lists import change_feed, json_reads
from conversations.lists.cursors import Cursor
from conversations.maintenance import distribution
from conversations.maintenance.distribution import CannotDistribute, Touched
from conversations.models import Conversation
from conversations.times import now_s

# No app can have users of these names: a blank begins them.
OWNER, PEER, GROUP = " verify_distribution", " verify_distribution peer", " verify_distribution"
WITH_PEER, WITH_GROUP = f"c2c_{PEER}", f"group_{GROUP}"
MEMBERS = 100


class Operation(NamedTuple):
    """Something that is done all day, and whether it must ask one place only."""

    name: Text
    run: Callable[[], object]
    of_one_owner: bool = False


def _message(number: int, **to: Any) -> IncomingMessage:
    elements = ({"MsgType": "TIMTextElem", "MsgContent": {"Text": "verify_distribution"}},)
    return IncomingMessage(sender=PEER, time_s=now_s(), seq=number, random=number, elements=elements, **to)


def _filtered() -> object:
    unread = Conversation.objects.for_owner(OWNER).filter(unread_count__gt=0).in_display_order()
    return json_reads.selected_page(unread, OWNER, 50)


# In this order: the first ones make what the others read.
OPERATIONS = (
    Operation(gettext_lazy("one-to-one message"), lambda: messages.record([_message(1, peer=OWNER)], now_s=now_s())),
    Operation(gettext_lazy("joining a group"), lambda: members.join(GROUP, _members(), at_ms=0)),
    Operation(gettext_lazy("message to a group of 100"), lambda: messages.record([_message(2, group_id=GROUP)], now_s=now_s())),
    Operation(gettext_lazy("one conversation"), lambda: json_reads.lookup(OWNER, [WITH_PEER]), of_one_owner=True),
    Operation(gettext_lazy("lookup by IDs"), lambda: json_reads.lookup(OWNER, [WITH_PEER, WITH_GROUP]), of_one_owner=True),
    Operation(gettext_lazy("first page"), lambda: json_reads.page(OWNER, None, 50), of_one_owner=True),
    Operation(gettext_lazy("next page"), lambda: json_reads.page(OWNER, Cursor(False, 1, "a"), 50), of_one_owner=True),
    Operation(gettext_lazy("filtered page"), _filtered, of_one_owner=True),
    Operation(
        gettext_lazy("unread totals"),
        lambda: json_reads.whole_totals(OWNER),
        of_one_owner=True,
    ),
    Operation(gettext_lazy("changes"), lambda: change_feed.read(OWNER, None, 50), of_one_owner=True),
    Operation(gettext_lazy("sync token"), lambda: json_reads.sync_token(OWNER), of_one_owner=True),
    Operation(
        gettext_lazy("pin"),
        lambda: pins.set_pinned(owner_id=OWNER, conversation_id=WITH_PEER, pinned=True),
        of_one_owner=True,
    ),
    Operation(
        gettext_lazy("draft"),
        lambda: drafts.set_draft(owner_id=OWNER, conversation_id=WITH_GROUP, text="verify_distribution"),
        of_one_owner=True,
    ),
    Operation(gettext_lazy("read a one-to-one conversation"), lambda: reading.read(owner_id=OWNER, conversation_id=WITH_PEER)),
)


def _members() -> list[str]:
    return [OWNER, PEER, *(f"{PEER} {number}" for number in range(MEMBERS - 2))]


class Command(BaseCommand):
    help = _(
        "Report how many parts of the distributed tables each hot read and write touches, from the coordinator's log. Fails if "
        "one that concerns a single user touches more than one. Works on data of its own and rolls everything back."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            distribution.check()
        except CannotDistribute as error:
            raise CommandError(str(error)) from error
        failed = 0
        with transaction.atomic():
            for operation in OPERATIONS:
                with distribution.log_of_places() as places:
                    operation.run()
                touched = distribution.touched(places)
                is_bad = operation.of_one_owner and touched != Touched(1, 0)
                failed += is_bad
                values = {"name": operation.name, **touched._asdict()}
                line = _("%(name)s: %(by_owner)d by owner, %(by_thread)d by thread") % values
                self.stdout.write(f"{line} {_('(must be 1 by owner)')}" if is_bad else line)
            transaction.set_rollback(True)
        if failed:
            raise CommandError(_("%(count)d failed.") % {"count": failed})
