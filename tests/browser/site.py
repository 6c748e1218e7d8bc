"""The site as in production, one process with live lists, for a browser on this machine."""

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from tests.support.servers import RunningServer


class Site(RunningServer):
    def __init__(self, static_root: Path, **environment: str):
        environment |= {
            "DJANGO_SETTINGS_MODULE": "tests.browser.settings",
            "DEBUG": "false",
            "SECRET_KEY": "only for tests: 0123456789 abcdefghijklmnopqrstuvwxyz",
            "ALLOWED_HOSTS": "127.0.0.1",
            "STATIC_ROOT": str(static_root),
        }
        self.session_of = cache(self._session_of)
        self.feed_key = cache(self._feed_key)
        super().__init__("asgi", "imsite.asgi:application", **environment)

    def start(self, interface: str, application: str, workers: int = 1) -> subprocess.Popen:
        self.manage("collectstatic", "--no-input", "--verbosity=0")
        return super().start(interface, application, workers)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _session_of(self, who: str) -> str:
        """The session of one of tests/staff.py's people, by the name of the function there; made when first asked for."""
        return self.do(f"session_of({who}())")

    def _feed_key(self) -> str:
        return self.do("api_keys.create_api_key(name='back end', owner_id=None, scopes=['ingest'])[1]")

    def say(self, text: str, **fields: Any) -> None:
        """A message through the API, as an app's back end gives it; from Bob unless `fields` say otherwise."""
        body = [{"MsgType": "TIMTextElem", "MsgContent": {"Text": text}}]
        message = {"From_Account": "bob", "MsgRandom": 1, "MsgBody": body} | fields
        headers = {"Authorization": f"Bearer {self.feed_key()}", "Content-Type": "application/json"}
        request = Request(f"{self.address}/api/v1/messages/", json.dumps(message).encode(), headers)
        with urlopen(request, timeout=20) as answer:
            (result,) = json.load(answer)["results"]
        assert result["status"] == "applied", result
