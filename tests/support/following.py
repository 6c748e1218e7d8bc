"""A client that keeps an owner's list by the feed alone, as apps do."""

from collections.abc import Callable
from typing import Any

Page = dict[str, Any]


def in_display_order(conversations: list[dict]) -> list[dict]:
    """As an app sorts its list: pinned first, then the larger order key, then the ID."""
    return sorted(conversations, key=lambda one: (not one["isPinned"], -one["orderkey"], one["conversationID"]))


class Follower:
    """It asks page by page with the token that it got last, and forgets everything when it is told to start over.

    `ask(since, count)` gives an answer of changes/.
    """

    def __init__(self, ask: Callable[[str, int], Page]):
        self.ask = ask
        self.start_over()
        self.resets = 0

    def start_over(self) -> None:
        """As a client does that lost its storage."""
        self.token, self.conversations, self.groups = "0", {}, []

    def poll(self, count: int = 100) -> Page:
        """Take one page in."""
        page = self.ask(self.token, count)
        if page["resetRequired"]:
            self.start_over()
            self.resets += 1
        for change in page["changes"]:
            self._apply(change)
        self.token = page["version"]
        return page

    def finish(self, count: int = 100) -> None:
        """Go on until there is nothing more."""
        for _page in range(1000):
            if self.poll(count)["isFinished"]:
                return
        raise AssertionError("The feed does not end.")

    @property
    def shown(self) -> list[dict]:
        """What this client shows."""
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
