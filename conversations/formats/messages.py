"""What a message is, and what recalls one, however it came in: checked, frozen, in the vendor's units."""

from dataclasses import dataclass
from typing import Any

from conversations import positions
from conversations.choices import ConversationType
from conversations.threads import thread_between


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMessage:
    """A message to a peer, or to a group and perhaps one of its topics; what it does not know is empty.

    Time, number and random may be None, for the server to give.
    """

    sender: str
    elements: tuple[dict[str, Any], ...]  # MsgBody, as it came: MsgType and MsgContent of each
    peer: str = ""
    group_id: str = ""  # whose members get it
    topic_id: str = ""
    group_type: str = ""  # the V2 word
    time_s: int | None = None
    seq: int | None = None
    random: int | None = None
    msg_id: str = ""  # the clients' name for it, which only the cloud knows
    cloud_custom_data: str = ""
    counts_as_unread: bool = True
    is_shown_last: bool = True
    is_online_only: bool = False
    at_all: bool = False
    at_accounts: tuple[str, ...] = ()
    comes_read: bool = False  # nobody has it unread or is reminded by it, whatever it says itself
    targets: tuple[str, ...] = ()  # nobody is everybody; a message to some never counts as unread

    @property
    def type(self) -> ConversationType:
        return ConversationType.GROUP if self.group_id else ConversationType.C2C

    @property
    def thread(self) -> str:
        """The message history that it belongs to: of its topic or group, else of the two users."""
        return self.topic_id or self.group_id or thread_between(self.sender, self.peer)

    @property
    def position(self) -> str:
        """Its position in the thread; time, number and random must be known."""
        if self.group_id:
            return positions.of_group(self.seq)
        return positions.of_c2c(self.time_s, self.seq, self.random)

    @property
    def msg_key(self) -> str | None:
        """What a recall names it by; None in groups, and until time, number and random are known."""
        if self.group_id or None in (self.time_s, self.seq, self.random):
            return None
        return f"{self.seq}_{self.random}_{self.time_s}"


@dataclass(frozen=True, slots=True)
class C2CRecall:
    """The sender's message to a peer is taken back."""

    sender: str
    peer: str
    time_s: int
    seq: int
    random: int

    @property
    def thread(self) -> str:
        return thread_between(self.sender, self.peer)

    @property
    def positions(self) -> list[str]:
        return [positions.of_c2c(self.time_s, self.seq, self.random)]


@dataclass(frozen=True, slots=True)
class GroupRecall:
    """Messages of a group, or of one of its topics, are taken back."""

    group_id: str
    topic_id: str
    seqs: tuple[int, ...]

    @property
    def thread(self) -> str:
        return self.topic_id or self.group_id

    @property
    def positions(self) -> list[str]:
        return [positions.of_group(seq) for seq in self.seqs]
