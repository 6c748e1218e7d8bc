"""The users and rows of most tests: alice owns the list, bob is her peer, carol is a stranger."""

import unicodedata
from collections.abc import Iterable
from typing import Any

from django.db.models import F
from TLSSigAPIv2 import TLSSigAPIv2

from conversations.access import api_keys
from conversations.identifiers import split
from conversations.models import Conversation, Owner

ALICE, BOB, CAROL = "alice", "bob", "carol"
# A nickname with line breaks of all kinds, a terminal's colours and changes of the writing direction.
FORGED_NAME = "Bob\n\n0 unread = 0 imported\r\nFAKE \x1b[31mred\x9b0m \u202etxet \u2066x\u2028y\u2029z\x85\x0b\x7f"
# The database would fill them in as well; but Django makes an expression of each in each row, which takes most of the time.
DEFAULTS = {field.attname: field.db_default for field in Conversation._meta.concrete_fields if field.has_db_default()}
SDK_APP_ID, SECRET_KEY = 1400000001, "a secret for tests"


def make_conversation(owner_id: str = ALICE, conversation_id: str = "c2c_bob", **fields: Any) -> Conversation:
    """Create a row with its owner's next version."""
    owner, _ = Owner.objects.get_or_create(owner_id=owner_id)
    Owner.objects.named(owner_id).update(version=F("version") + 1)
    owner.refresh_from_db()
    values = {"type": split(conversation_id)[0], "version": owner.version, "created_version": owner.version} | fields
    return Conversation.objects.create(owner_id=owner_id, conversation_id=conversation_id, **values)


def unsafe_characters_in(text: str) -> str:
    """Return the characters that steer a terminal, break a line (other than a line feed), or change the writing direction."""
    turning = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    others = text.replace("\n", "")
    return "".join(
        character
        for character in others
        if unicodedata.category(character) in ("Cc", "Zl", "Zp") or unicodedata.bidirectional(character) in turning
    )


def make_conversations(count: int, owner_id: str = ALICE, *, start: int = 0, **fields: Any) -> list[Conversation]:
    """Create `count` rows of an owner: `c2c_peer0`, `c2c_peer1`, … from number `start` on."""
    Owner.objects.get_or_create(owner_id=owner_id)
    Owner.objects.named(owner_id).update(version=F("version") + count)
    last = Owner.objects.get(owner_id=owner_id).version
    rows = (
        Conversation(
            owner_id=owner_id,
            conversation_id=f"c2c_peer{start + n}",
            **DEFAULTS | {"type": 1, "version": last - count + n + 1, "created_version": last - count + n + 1} | fields,
        )
        for n in range(count)
    )
    return Conversation.objects.bulk_create(rows, batch_size=1000)


def bearer(credential: str) -> dict[str, str]:
    """Return the test client's arguments for a credential."""
    return {"HTTP_AUTHORIZATION": f"Bearer {credential}"}


def with_key(owner_id: str | None = ALICE, scopes: Iterable[str] = ("read",)) -> dict[str, str]:
    """Create an API key, a service key for owner_id=None, and return the test client's arguments for it."""
    return bearer(api_keys.create_api_key(name="test", owner_id=owner_id, scopes=scopes)[1])


def usersig(
    user_id: str = ALICE,
    *,
    sdk_app_id: int = SDK_APP_ID,
    secret_key: str = SECRET_KEY,
    expire_s: int = 86_400,
    userbuf: bytes | None = None,
) -> str:
    """Return a UserSig by the vendor's own library, valid with override_settings(**USERSIG_SETTINGS)."""
    return TLSSigAPIv2(sdk_app_id, secret_key)._TLSSigAPIv2__gen_sig(user_id, expire_s, userbuf)


USERSIG_SETTINGS = {"IM_SDK_APP_ID": SDK_APP_ID, "IM_SECRET_KEY": SECRET_KEY}
