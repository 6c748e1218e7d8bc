"""A client that keeps a user's list by the changes alone, as apps do."""

from collections.abc import Callable
from typing import Any

Page = dict[str, Any]


def in_display_order(conversations: list[dict]) -> list[dict]:
    """As an app sorts its list: pinned first, then the larger order key, then the ID."""
    return sorted(conversations, key=lambda shown: (not shown["isPinned"], -shown["orderkey"], shown["conversationID"]))


class Follower:
    """It polls page by page with its latest token, and forgets everything when a reset is required.

    `ask(since, count)` returns an answer of changes/.
    """

    def __init__(self, ask: Callable[[str, int], Page]):
        self.ask = ask
        self.start_over()
        self.resets = 0

    def start_over(self) -> None:
        """Forget everything, like a client that lost its storage."""
        self.token, self.conversations, self.groups = "0", {}, []

    def poll(self, count: int = 100) -> Page:
        """Apply one page of changes."""
        page = self.ask(self.token, count)
        if page["resetRequired"]:
            self.start_over()
            self.resets += 1
        for change in page["changes"]:
            self._apply(change)
        self.token = page["version"]
        return page

    def finish(self, count: int = 100) -> None:
        """Poll until there are no more changes."""
        for _page in range(1000):
            if self.poll(count)["isFinished"]:
                return
        raise AssertionError("The changes do not end.")

    @property
    def shown(self) -> list[dict]:
        """The list that this client shows."""
        return in_display_order(list(self.conversations.values()))

    def _apply(self, change: dict) -> None:
        match change["kind"]:
            case "new" | "changed":
                self.conversations[change["conversation"]["conversationID"]] = change["conversation"]
            case "deleted":
                self.conversations.pop(change["conversationID"], None)
            case "groups":
                self.groups = change["conversationGroupList"]
            case unknown:
                raise AssertionError(unknown)
