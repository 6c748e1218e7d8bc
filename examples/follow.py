"""Keep a copy of a user's conversation list in step with the server.

The copy survives restarts, lost connections, deletions and restored backups. Run it with an API key of the user:

    python examples/follow.py http://127.0.0.1:8000 imk_…
"""

import http.client
import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator


def follow(server: str, credential: str, conversations: dict[str, dict], since: str = "0", pause_s: float = 5) -> Iterator[str]:
    """Keep the dict `conversations` equal to the list. After each page, yield the sync token to resume from."""
    while True:
        headers = {"Authorization": f"Bearer {credential}"}
        request = urllib.request.Request(f"{server}/api/v1/changes/?since={since}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                page = json.load(response)
        except (OSError, ValueError, http.client.HTTPException) as error:
            if isinstance(error, urllib.error.HTTPError) and error.code in (400, 401, 403):
                raise  # a retry would not help
            retry_after = error.headers.get("Retry-After", "") if isinstance(error, urllib.error.HTTPError) else ""
            # The server is down or restarting, or these are too many requests.
            time.sleep(max(pause_s, int(retry_after) if retry_after.isdigit() else 0))
            continue
        if page["resetRequired"]:  # the token is too old, or from before a restore: start over
            conversations.clear()
        for change in page["changes"]:
            if change["kind"] in ("new", "changed"):
                conversations[change["conversation"]["conversationID"]] = change["conversation"]
            elif change["kind"] == "deleted":
                conversations.pop(change["conversationID"], None)
        since = page["version"]
        yield since  # save it together with the conversations
        if page["isFinished"]:
            time.sleep(pause_s)


if __name__ == "__main__":
    copy: dict[str, dict] = {}
    for token in follow(*sys.argv[1:3], copy):
        print(f"{len(copy)} conversations at {token}", flush=True)
