"""Every routed endpoint, also one that is added later, with every credential that must not open it."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from conversations.access import api_keys
from conversations.access.api_keys import INGEST, READ, WRITE
from conversations.api.calls import Endpoint
from conversations.api.urls import router
from conversations.models import ApiKey
from tests.support.acting import ActionTestCase
from tests.support.cast import ALICE, CAROL, bearer, make_conversation, usersig, with_key

# The scopes of a key that lacks the given one.
OTHER_SCOPES = {READ: [INGEST], WRITE: [READ, INGEST], INGEST: [READ, WRITE]}
ENDPOINTS: list[tuple[str, str, Endpoint]] = [
    (method.upper(), pattern.name, getattr(pattern.callback.cls, action).endpoint)
    for pattern in router.urls
    for method, action in pattern.callback.actions.items()
]
DETAIL_FIELDS = {
    pattern.name: pattern.callback.cls.lookup_field for pattern in router.urls if pattern.callback.initkwargs["detail"]
}


def address(name: str, **query: str) -> str:
    path = {DETAIL_FIELDS[name]: "c2c_bob"} if name in DETAIL_FIELDS else {}
    return reverse(f"api:{name}", kwargs=path, query=query)


class EveryEndpointTests(ActionTestCase):
    def setUp(self):
        make_conversation()
        make_conversation(CAROL)

    def assert_refused(self, credential: dict[str, str], status: int, code: int, **query: str) -> None:
        for method, name, _endpoint in ENDPOINTS:
            with self.subTest(f"{method} {name}"), self.assert_no_change():
                self.assert_problem(self.send(method, address(name, **query), {}, credential), status, code)

    def test_they_are_many(self):
        self.assertGreater(len(ENDPOINTS), 25)
        self.assertEqual({endpoint.scope for _method, _name, endpoint in ENDPOINTS}, set(api_keys.SCOPES))

    def test_none(self):
        self.assert_refused({}, 401, 6014)

    def test_an_expired_key(self):
        key, text = api_keys.create_api_key(
            name="back end", scopes=api_keys.SCOPES, expires_at=timezone.now() + timedelta(hours=1)
        )
        ApiKey.objects.filter(prefix=key.prefix).update(expires_at=timezone.now() - timedelta(milliseconds=1))

        self.assert_refused(bearer(text), 401, 6014)

    def test_an_expired_usersig(self):
        self.assert_refused(bearer(usersig(expire_s=-1)), 401, 70001)

    def test_a_key_without_the_scope(self):
        keys = {scope: with_key(None, scopes) for scope, scopes in OTHER_SCOPES.items()}
        for method, name, endpoint in ENDPOINTS:
            query = {} if endpoint.scope == INGEST else {"owner": ALICE}
            with self.subTest(f"{method} {name}"), self.assert_no_change():
                self.assert_problem(self.send(method, address(name, **query), {}, keys[endpoint.scope]), 403, 10007)

    def test_another_owners_usersig(self):
        for method, name, endpoint in ENDPOINTS:
            query = {} if endpoint.scope == INGEST else {"owner": CAROL}
            with self.subTest(f"{method} {name}"), self.assert_no_change():
                self.assert_problem(self.send(method, address(name, **query), {}, self.alice), 403, 10007)
