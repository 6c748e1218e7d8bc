"""UserSigs: what the vendor's library signs is good, to the second; whatever else is not."""

import base64
import hashlib
import hmac
import json
import zlib

import time_machine
from django.test import SimpleTestCase
from TLSSigAPIv2 import TLSSigAPIv2

from conversations.access import usersig
from conversations.exceptions import SigExpired, SigInvalid

# Synthetic: an app, its key and a UserSig that are nobody's.
APP_ID, KEY = 1400000001, "synthetic-secret-key-not-real"
ISSUED_S, LASTS_S = 1_760_000_000, 86_400
VECTOR = (
    "eJyrVgrxCdYrSy1SslJQMtIzUNJRAItkpqTmlWSmZUIkUlJz8*MTczKTU2HyxSnZiQUFmSlAWUMTAwgwhMqlVhRkFqUCZSzMgFJQwZLMXJCQobkZVDXMoMx0"
    "kA35FlkupmaZIcmhXtqO5cGJxe6BlY5J-oWewWUF5UElfu7hlREGSSHlRWnptkq1AFLmNLQ_"
)
VECTORS_SIGNATURE = "o8jD56iTcUJ+AwSasGQyAbOqISvpwRtNGWyX0bTwrfg="


def pack(text: str | bytes, level: int = -1) -> str:
    packed = zlib.compress(text if isinstance(text, bytes) else text.encode(), level)
    return base64.b64encode(packed).decode().translate(str.maketrans("+/=", "*-_"))


def signed(key: str = KEY, level: int = -1, **changes) -> str:
    """A UserSig over any values; None leaves a key out."""
    body = {
        "TLS.ver": "2.0",
        "TLS.identifier": "demo_alice",
        "TLS.sdkappid": APP_ID,
        "TLS.expire": LASTS_S,
        "TLS.time": ISSUED_S,
    } | {f"TLS.{name}": value for name, value in changes.items()}
    lines = [f"TLS.{name}:{body[f'TLS.{name}']}\n" for name in ("identifier", "sdkappid", "time", "expire")]
    if body.get("TLS.userbuf") is not None:
        lines.append(f"TLS.userbuf:{body['TLS.userbuf']}\n")
    signature = base64.b64encode(hmac.digest(key.encode(), "".join(lines).encode(), hashlib.sha256)).decode()
    body = {"TLS.sig": signature} | body
    return pack(json.dumps({name: value for name, value in body.items() if value is not None}), level)


def verify(text: str, sdk_app_id: int = APP_ID, secret_key: str = KEY) -> usersig.UserSig:
    return usersig.verify(text, sdk_app_id=sdk_app_id, secret_key=secret_key)


@time_machine.travel(ISSUED_S, tick=False)
class GoodTests(SimpleTestCase):
    def test_the_vector_is_good_and_names_its_user(self):
        self.assertEqual(verify(VECTOR), usersig.UserSig("demo_alice", 1_760_086_400))
        self.assertIn(
            VECTORS_SIGNATURE, zlib.decompress(base64.b64decode(VECTOR.translate(str.maketrans("*-_", "+/=")))).decode()
        )

    def test_what_the_vendors_library_signs_is_good(self):
        library = TLSSigAPIv2(APP_ID, KEY)

        for user_id in ("a", "demo_alice", "x" * 64, "a b@c.d", "C2C'\""):
            self.assertEqual(verify(library.gen_sig(user_id, 60)).identifier, user_id)

    def test_a_user_buffer_is_part_of_what_is_signed(self):
        text = TLSSigAPIv2(APP_ID, KEY)._TLSSigAPIv2__gen_sig("alice", 60, b"\0any bytes\xff")

        self.assertEqual(verify(text).identifier, "alice")
        self.assertEqual(verify(signed(userbuf="YWJj")).identifier, "demo_alice")

    def test_any_compression_and_key_order_is_good(self):
        for level in range(10):
            self.assertEqual(verify(signed(level=level)).identifier, "demo_alice")

    def test_it_is_good_to_the_last_second_and_no_longer(self):
        with time_machine.travel(ISSUED_S + LASTS_S, tick=False):
            verify(VECTOR)
        with time_machine.travel(ISSUED_S + LASTS_S + 0.999, tick=False):
            verify(VECTOR)
        with time_machine.travel(ISSUED_S + LASTS_S + 1, tick=False), self.assertRaises(SigExpired):
            verify(VECTOR)

    def test_one_that_was_seen_while_good_still_expires(self):
        text = signed(expire=10)
        verify(text)

        with time_machine.travel(ISSUED_S + 11, tick=False), self.assertRaises(SigExpired):
            verify(text)

    def test_there_is_no_earliest_time(self):
        with time_machine.travel(ISSUED_S - 1_000_000, tick=False):
            verify(VECTOR)


@time_machine.travel(ISSUED_S, tick=False)
class BadTests(SimpleTestCase):
    def assert_bad(self, *texts: str, **app) -> None:
        for text in texts:
            with self.subTest(ascii(ascii(text[:60]))), self.assertRaises(SigInvalid):
                verify(text, **app)

    def test_another_app_or_key_or_no_app_at_all(self):
        self.assert_bad(VECTOR, sdk_app_id=APP_ID + 1)
        self.assert_bad(VECTOR, secret_key="another")
        self.assert_bad(VECTOR, secret_key=KEY + " ")
        self.assert_bad(VECTOR, signed(key="", sdkappid=0), sdk_app_id=0, secret_key="")
        self.assert_bad(VECTOR, signed(key=""), secret_key="")
        self.assert_bad(signed(sdkappid=0), sdk_app_id=0)

    def test_it_is_good_again_for_its_own_app_after_another_refused_it(self):
        self.assert_bad(VECTOR, secret_key="another")

        self.assertEqual(verify(VECTOR).identifier, "demo_alice")

    def test_any_cut_or_changed_text(self):
        self.assert_bad(*(VECTOR[:length] for length in range(len(VECTOR))))
        self.assert_bad(VECTOR.swapcase(), VECTOR[::-1], VECTOR.replace("_", ""), " " + VECTOR[1:])

    def test_any_changed_value(self):
        body = json.loads(zlib.decompress(base64.b64decode(VECTOR.translate(str.maketrans("*-_", "+/=")))))

        for name, value in (
            ("identifier", "demo_bob"),
            ("expire", LASTS_S + 1),
            ("time", ISSUED_S + 1),
            ("sdkappid", APP_ID + 1),
            ("userbuf", "YWJj"),
            ("sig", ""),
            ("sig", VECTORS_SIGNATURE[:-1]),
            ("sig", "é"),
        ):
            self.assert_bad(pack(json.dumps(body | {f"TLS.{name}": value})))

    def test_a_user_buffer_that_was_taken_away(self):
        body = json.loads(zlib.decompress(base64.b64decode(signed(userbuf="YWJj").translate(str.maketrans("*-_", "+/=")))))
        del body["TLS.userbuf"]

        self.assert_bad(pack(json.dumps(body)))

    def test_values_of_a_wrong_type_even_if_signed(self):
        self.assert_bad(
            *(signed(**{name: value}) for name in ("time", "expire") for value in ("1", 1.5, True, None, [], {}, 1 << 70)),
            *(signed(identifier=value) for value in (7, None, True, [], {})),
            *(signed(sdkappid=value) for value in (str(APP_ID), float(APP_ID), True, None, [])),
            signed(sig=None),
            signed(sig=7),
            signed(sig=[VECTORS_SIGNATURE]),
        )

    def test_an_identifier_that_is_no_owner_even_if_signed(self):
        self.assert_bad(*(signed(identifier=user_id) for user_id in ("", "x" * 65, "张三", "a\nb", "a\0", "\x7f", "é")))

    def test_text_that_is_no_usersig_at_all(self):
        self.assert_bad(
            "",
            "x",
            "张",
            "\ud800",
            "=" * 40,
            "imk",
            base64.b64encode(b"not zlib").decode(),
            pack(""),
            pack("not JSON"),
            pack("[]"),
            pack("7"),
            pack("null"),
            pack('"text"'),
            pack("{}"),
            pack('{"TLS.identifier": "\\ud800"}'),
            pack(b'{"TLS.identifier": "\xff"}'),
            pack("[" * 8000),
        )

    def test_a_bomb_is_not_inflated(self):
        bomb = pack("{" + " " * 5_000_000 + "}", 9)
        self.assertLess(len(bomb), usersig.PACKED_MAX_LENGTH)

        self.assert_bad(bomb, pack(b"\0" * 5_000_000, 9), pack(b"x" * 100_000, 0), "A" * 10_000_000)

    def test_padding_within_bounds_is_harmless(self):
        self.assertEqual(verify(signed(note="x" * 5_000)).identifier, "demo_alice")
        self.assert_bad(signed(note="x" * 20_000))
