"""The conformance suite inside the test suite."""

from collections.abc import Sequence

from clients.conformance import cases
from clients.conformance.http_client import HTTPClient
from clients.conformance.proxy import Proxy
from clients.conformance.runner import CaseFailed, Runner, Skipped
from clients.conformance.testee import Testee
from tests.clients.conftest import Site


def assert_conforms(site: Site, command: Sequence[str] | None) -> None:
    """Run every case by the client's testee, or over HTTP; only HTTP may skip any."""
    client = Testee(command) if command else HTTPClient()
    failures = []
    with Proxy(site.url) as proxy:
        try:
            runner = Runner(site.url, site.key, proxy, client)
            for case in cases.load():
                try:
                    runner.run(case)
                except Skipped as reason:
                    if command:
                        failures.append(f"{case.topic}: {case.name}: {reason}")
                except CaseFailed as failure:
                    failures.append(f"{case.topic}: {case.name}: {failure}")
        finally:
            client.close()
    assert not failures, "\n".join(failures)
    if command:
        assert client.process.returncode == 0
