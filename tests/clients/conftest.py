"""One real server for all clients, with one conversation to be found there."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.cast import usersig
from tests.support.servers import server_for_apps

CLIENTS = Path(__file__).parents[2] / "clients"
OWNER = "alice"


class Site(NamedTuple):
    """A running server, a service key with all scopes, and the UserSig of alice, who has one conversation: with bob."""

    url: str
    key: str
    usersig: str


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    server = server_for_apps()
    try:
        key = server.do("with_key(owner_id=None, scopes=api_keys.SCOPES)")["HTTP_AUTHORIZATION"].split()[1]
        server.do("make_conversation(show_name='Bob')")
        yield Site(f"http://127.0.0.1:{server.port}", key, usersig(OWNER))
    finally:
        server.stop()


def skip_without(*commands: str, files: tuple[str, ...] = (), packages: str) -> pytest.MarkDecorator:
    """Skip where a tool or file of the client's toolchain is missing."""
    missing = [command for command in commands if not shutil.which(command)]
    missing += [file for file in files if not Path(file).exists()]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} missing: apt-get install {packages}")
