"""Put a server, or a client and a server, through the cases: `python -m clients.conformance URL KEY`."""

import argparse
import shlex
import sys
import time

from clients.conformance import cases
from clients.conformance.http_client import HTTPClient
from clients.conformance.proxy import Proxy
from clients.conformance.runner import CaseFailed, Client, Runner, Skipped
from clients.conformance.testee import Testee


def main() -> int:
    """Run the cases, print a line for each that fails or is skipped and a summary; 1 if any failed."""
    arguments = _arguments()
    chosen = [case for case in cases.load() if arguments.only.lower() in f"{case.topic}: {case.name}".lower()]
    with Proxy(arguments.url) as proxy:
        client: Client = Testee(shlex.split(arguments.client)) if arguments.client else HTTPClient()
        try:
            return _run(Runner(arguments.url, arguments.key, proxy, client), chosen)
        finally:
            client.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m clients.conformance", description=__doc__)
    parser.add_argument("url", metavar="URL", help="address of the server, such as http://127.0.0.1:8000")
    parser.add_argument("key", metavar="KEY", help="service key with all scopes; every case uses new users")
    parser.add_argument("--client", metavar="COMMAND", help="a client's testee program; without it, plain HTTP is used")
    parser.add_argument("--only", metavar="TEXT", default="", help="run only cases with this text in topic or name")
    return parser.parse_args()


def _run(runner: Runner, chosen: list[cases.Case]) -> int:
    passed, failed, skipped = 0, 0, 0
    start = time.monotonic()
    for case in chosen:
        try:
            runner.run(case)
            passed += 1
        except Skipped as reason:
            print(f"SKIPPED {case.topic}: {case.name}: {reason}")
            skipped += 1
        except CaseFailed as failure:
            print(f"FAILED {case.topic}: {case.name}: {failure}")
            failed += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped in {time.monotonic() - start:.1f} s")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
