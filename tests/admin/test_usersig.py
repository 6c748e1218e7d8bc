"""The admin's UserSig checker: what it finds, who may use it, and that it keeps and shows no secret."""

import base64
import zlib

import time_machine
from django.contrib.auth.models import Permission
from django.test import Client, TestCase, override_settings
from django.urls import reverse

from conversations.access import usersig
from conversations.models import ApiKey
from tests.support.cast import SDK_APP_ID, SECRET_KEY, USERSIG_SETTINGS, with_key
from tests.support.cast import usersig as signed
from tests.support.staff import boss, colleague, support

PAGE = reverse("admin:usersig")


@override_settings(**USERSIG_SETTINGS)
class CheckerCase(TestCase):
    def setUp(self):
        self.client.force_login(boss())

    def check(self, text: str):
        return self.client.post(PAGE, {"usersig": text})

    def states(self, text: str) -> dict[str, str]:
        return {check.label: check.state for check in self.check(text).context["checks"]}


class FindingsTests(CheckerCase):
    def test_a_good_one_is_good_in_everything(self):
        text = signed("alice")
        page = self.check(text)

        self.assertTrue(page.context["verdict"].is_good)
        self.assertEqual(set(self.states(text).values()), {"good"})
        for shown in ("alice", str(SDK_APP_ID), "The API accepts this UserSig"):
            self.assertContains(page, shown)

    def test_times_are_told_exactly_and_in_words(self):
        with time_machine.travel(1_760_000_000, tick=False):
            text = signed(expire_s=7200)
        with time_machine.travel(1_760_000_000 + 3600, tick=False):
            self.client.force_login(boss_again())
            values = {check.label: (check.value, check.note) for check in self.check(text).context["checks"]}

        self.assertEqual(values["Issued"], ("2025-10-09 08:53:20 UTC (1760000000)", "1\xa0hour ago"))
        self.assertEqual(values["Validity period"], ("2\xa0hours", "7200 s"))
        self.assertEqual(values["Expires"], ("2025-10-09 10:53:20 UTC (1760007200)", "in 1\xa0hour"))

    def test_an_expired_one_says_the_code_and_shows_the_rest(self):
        page = self.check(signed(expire_s=-10))

        self.assertEqual((page.context["verdict"].code, page.context["verdict"].status), (70001, 401))
        self.assertContains(page, "The UserSig has expired.")
        states = {check.label: check.state for check in page.context["checks"]}
        self.assertEqual((states["Expires"], states["Signature"]), ("bad", "good"))

    def test_one_signed_with_another_key_says_so(self):
        page = self.check(signed(secret_key="another"))

        self.assertEqual(page.context["verdict"].code, 70003)
        self.assertEqual(self.states(signed(secret_key="another"))["Signature"], "bad")
        self.assertContains(page, "not signed with this app")

    def test_one_for_another_app_says_which_is_ours(self):
        page = self.check(signed(sdk_app_id=1400000002))

        self.assertContains(page, f"app is {SDK_APP_ID}")
        self.assertContains(page, "1400000002")

    def test_an_identifier_that_is_no_user_is_named(self):
        self.assertEqual(self.states(signed("张三"))["User (identifier)"], "bad")

    def test_values_that_are_missing_or_absurd_are_told_as_such(self):
        def pack(text: str) -> str:
            return base64.b64encode(zlib.compress(text.encode())).decode()

        states = self.states(pack('{"TLS.identifier": 7, "TLS.time": 1e30, "TLS.expire": "1"}'))
        self.assertEqual(set(states.values()), {"bad"})
        for seconds in (-1, 2**63 - 1, -(2**63)):
            with self.subTest(seconds):
                text = pack(f'{{"TLS.identifier": "<b>", "TLS.sdkappid": 1, "TLS.time": {seconds}, "TLS.expire": {seconds}}}')
                page = self.check(text)
                self.assertContains(page, str(seconds))
                self.assertContains(page, "&lt;b&gt;")

    def test_it_says_what_the_api_says(self):
        for text in (signed(), signed(expire_s=-1), signed(secret_key="x"), signed(sdk_app_id=7)):
            with self.subTest(text[:10]):
                status, code, desc = self.answer_of_the_api(text)
                verdict = self.check(text).context["verdict"]

                self.assertEqual((verdict.status, verdict.code), (status, code))
                self.assertEqual(verdict.text if verdict.code else None, desc)

    def test_of_what_is_no_usersig_the_api_says_also_that_it_is_no_key(self):
        for text in ("garbage", "eJw"):
            with self.subTest(text):
                status, code, desc = self.answer_of_the_api(text)
                verdict = self.check(text).context["verdict"]

                self.assertEqual((verdict.status, verdict.code, verdict.text), (status, code, "This is not a UserSig."))
                self.assertIn("neither an API key", desc)

    def answer_of_the_api(self, text: str) -> tuple[int, int | None, str | None]:
        answer = Client().get("/api/v1/unread/", HTTP_AUTHORIZATION=f"Bearer {text}")
        return answer.status_code, answer.json().get("code"), answer.json().get("desc")

    def test_blanks_and_the_scheme_around_it_are_taken_off(self):
        self.assertTrue(self.check(f" \n Bearer {signed()} \r\n").context["verdict"].is_good)

    @override_settings(IM_SDK_APP_ID=0, IM_SECRET_KEY="")
    def test_a_server_that_accepts_none_still_shows_what_is_in_it(self):
        page = self.check(signed())

        self.assertContains(page, "This server does not accept UserSigs.")
        states = {check.label: check.state for check in page.context["checks"]}
        self.assertEqual((states["SDKAppID"], states["Signature"]), ("unknown", "unknown"))


class GarbageTests(CheckerCase):
    def test_garbage_is_refused_in_words(self):
        for text in ("x", "张", "=" * 40, "a" * usersig.PACKED_MAX_LENGTH, base64.b64encode(b"not zlib").decode()):
            with self.subTest(text[:10]):
                page = self.check(text)
                self.assertContains(page, "This is not a UserSig.")
                self.assertEqual(page.context["checks"], [])

    def test_nothing_too_much_and_nul_are_errors_of_the_field(self):
        for text in ("", "  ", "a" * (usersig.PACKED_MAX_LENGTH + 1), "a\0b"):
            with self.subTest(text[:10]):
                page = self.check(text)
                self.assertContains(page, "errorlist")
                self.assertNotIn("verdict", page.context)

    def test_a_huge_body_is_refused(self):
        self.assertEqual(self.check("a" * 3_000_000).status_code, 400)

    def test_an_api_key_is_told_apart_and_not_looked_up(self):
        key = with_key()["HTTP_AUTHORIZATION"]

        page = self.check(key)

        self.assertContains(page, "This is an API key, not a UserSig")
        self.assertNotContains(page, key.removeprefix("Bearer "))
        self.assertIsNone(ApiKey.objects.get().last_used_at)


class SecrecyTests(CheckerCase):
    def test_neither_the_usersig_nor_the_key_is_shown(self):
        text = signed()

        page = self.check(text)

        self.assertNotContains(page, text)
        self.assertNotContains(page, SECRET_KEY)
        self.assertIn("no-store", page["Cache-Control"])

    def test_one_in_the_address_is_not_viewed_at(self):
        page = self.client.get(PAGE, {"usersig": signed()})

        self.assertNotIn("verdict", page.context)

    def test_other_methods_are_refused(self):
        self.assertEqual(self.client.put(PAGE).status_code, 405)

    def test_a_post_needs_the_csrf_token(self):
        client = Client(enforce_csrf_checks=True)
        client.force_login(boss_again())

        self.assertEqual(client.post(PAGE, {"usersig": signed()}).status_code, 403)


class WhoTests(CheckerCase):
    def test_who_is_not_logged_in_is_sent_to_log_in(self):
        self.client.logout()

        for response in (self.client.get(PAGE), self.check(signed())):
            self.assertRedirects(response, f"{reverse('admin:login')}?next={PAGE}")

    def test_staff_need_the_permission(self):
        for user in (colleague(), support()):
            self.client.force_login(user)
            self.assertEqual(self.client.get(PAGE).status_code, 403)
            self.assertEqual(self.check(signed()).status_code, 403)

    def test_the_permission_is_enough(self):
        user = colleague()
        user.user_permissions.add(Permission.objects.get(codename="check_usersig"))
        self.client.force_login(user)

        self.assertTrue(self.check(signed()).context["verdict"].is_good)

    def test_the_permission_without_being_staff_is_not(self):
        user = colleague()
        user.user_permissions.add(Permission.objects.get(codename="check_usersig"))
        type(user).objects.update(is_staff=False)
        self.client.force_login(user)

        self.assertEqual(self.client.get(PAGE).status_code, 302)


def boss_again():
    """The boss of this test, for another session."""
    return type(colleague()).objects.get(username="boss")
