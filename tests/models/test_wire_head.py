"""The generated column and what is joined to it are canonical JSON, on each database."""

import orjson
from hypothesis import given
from hypothesis.extra.django import TestCase

from conversations.formats import conversation as formats_conversation
from conversations.formats import conversation_json
from conversations.formats import entries as formats_entries
from conversations.models import Conversation
from tests.support.entries import AWKWARD, classic, entries
from tests.support.hypothesis_profiles import examples

NOT_COLUMNS = ("group_names",)
JOINED_LATER = ("markList", "conversationGroupList", "lastMessage")


def stored(entry: formats_entries.Entry) -> Conversation:
    """The row as the database gives it back; the conversation groups take the first bits."""
    values = {name: value for name, value in entry._asdict().items() if name not in NOT_COLUMNS}
    values["conversation_groups"] = (1 << len(entry.group_names)) - 1
    conversation = Conversation.objects.create(owner_id="alice", version=1, created_version=1, **values)
    conversation.refresh_from_db()
    return conversation


def head_of(entry: formats_entries.Entry) -> bytes:
    """What orjson writes of the same keys, without the closing brace."""
    return orjson.dumps({key: value for key, value in classic(entry).items() if key not in JOINED_LATER})[:-1]


class WireHeadTests(TestCase):
    @examples(300)
    @given(entries())
    def test_the_column_is_what_orjson_writes(self, entry):
        self.assertEqual(stored(entry).wire_head.encode(), head_of(entry))

    @examples(100)
    @given(entries())
    def test_the_whole_object_is_canonical_and_goes_in_again(self, entry):
        conversation = stored(entry)
        names = orjson.dumps(entry.group_names).decode()
        bits = (conversation.marks, conversation.conversation_groups)

        text = conversation_json.row_to_json(conversation.wire_head, conversation.last_message, *bits, names)

        self.assertEqual(text, orjson.dumps(classic(entry)))
        self.assertEqual(formats_conversation.from_wire(orjson.loads(text)), entry)

    def test_each_awkward_character_alone_and_between_others(self):
        for number, character in enumerate(AWKWARD):
            for place, text in enumerate((character, f"a{character}b", f"{character}}}", f"\\{character}", character * 3)):
                entry = formats_conversation.from_wire(
                    {
                        "conversationID": f"c2c_{number}_{place}",
                        "showName": text,
                        "faceUrl": text,
                        "draftText": text,
                        "customData": text,
                    }
                )

                self.assertEqual(stored(entry).wire_head.encode(), head_of(entry))

    def test_an_id_of_every_printable_character(self):
        printable = "".join(map(chr, range(0x20, 0x7F)))
        for conversation_id in (f"c2c_{printable[:64]}", f"c2c_{printable[-64:]}", f"group_{printable}"):
            entry = formats_conversation.from_wire({"conversationID": conversation_id})

            self.assertEqual(stored(entry).wire_head.encode(), head_of(entry))

    def test_the_column_follows_every_change(self):
        conversation = stored(formats_conversation.from_wire({"conversationID": "c2c_bob"}))

        Conversation.objects.filter(conversation_id="c2c_bob").update(show_name='B"ob', is_pinned=True)
        conversation.refresh_from_db()

        head = orjson.loads(conversation.wire_head + "}")
        self.assertEqual((head["showName"], head["isPinned"]), ('B"ob', True))

    def test_extra_is_one_more_key(self):
        conversation = stored(formats_conversation.from_wire({"conversationID": "c2c_bob"}))
        extra = conversation_json.extra_json(conversation.version, conversation.membership)

        text = conversation_json.to_json(
            conversation.wire_head.encode(), None, conversation_json.marks_and_groups_json(0, 0, "[]"), extra
        )

        self.assertEqual(tuple(orjson.loads(text)), (*formats_conversation.KEYS, "imsite"))
        self.assertEqual(orjson.loads(text)["imsite"], {"version": 1, "membership": "member"})
