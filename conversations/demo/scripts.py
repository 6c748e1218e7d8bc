"""The scripts of the demo's main conversations: their lines, membership changes and reads.

A time is a number of days before the demo's last day, and the time of day, if the demo ends at ENDS_S of its last day. A
demo that ends at another moment has the same story, shifted.
"""

from collections.abc import Mapping
from typing import NamedTuple

from conversations import threads
from conversations.choices import ElemType, Membership

DAY_S = 24 * 3600
ENDS_S = (20 * 60 + 26) * 60 + 40  # the end of the demo, in seconds of its last day
ALICE, BOB, CAROL, LI_LEI, HAN, TESTER = "alice", "bob", "carol", "li lei", "han.mei-mei@home", "c2c_tester"


class Line(NamedTuple):
    """A message: its text, its kind, or a tuple of these for several elements."""

    at: str
    sender: str
    content: str | ElemType | tuple[str | ElemType, ...]
    mentions: tuple[str, ...] = ()
    mentions_all: bool = False
    is_quiet: bool = False  # NoUnread
    is_recalled: bool = False
    edited: str = ""  # the text after an edit
    targets: tuple[str, ...] = ()


class MembershipChange(NamedTuple):
    """A user joins or leaves a group."""

    at: str
    user_id: str
    membership: Membership


class Chat(NamedTuple):
    """A conversation of two people, or of a group that has these among its members."""

    people: tuple[str, ...]
    lines: tuple[Line, ...]
    reads: Mapping[str, str]  # user ID: time up to which that user has read
    group_id: str = ""
    membership_changes: tuple[MembershipChange, ...] = ()

    @property
    def thread(self) -> str:
        return self.group_id or threads.thread_between(*self.people)


def time_s(at: str, now_s: int) -> int:
    """Return a script's time in epoch seconds, for a demo that ends at `now_s`."""
    days, clock = at.split()
    hours, minutes = clock.split(":")
    return now_s - ENDS_S - int(days) * DAY_S + int(hours) * 3600 + int(minutes) * 60


# Here, alice's unread count has every kind of reason.
PROJECT = Chat(
    group_id="@TGS#2J4SZEAEL",
    people=(ALICE, BOB, CAROL, LI_LEI, HAN, TESTER),
    lines=(
        Line("7 09:02", BOB, "Morning everybody. Version 3.2 is planned for next Thursday evening."),
        Line("7 09:04", LI_LEI, "收到。服务端今天可以合并完。"),
        Line("7 09:05", ALICE, "Great. I keep the list of open points here, please add yours."),
        Line("7 09:06", ALICE, ElemType.FILE),
        Line("7 09:31", CAROL, "Two screens still need texts: the empty search and the new settings page."),
        Line("7 09:33", HAN, "@Carol Davies 设置页的中文文案我来写。", mentions=(CAROL,)),
        Line("7 09:34", CAROL, "Thank you! 🙏"),
        Line("7 11:47", TESTER, "Test plan for 3.2 is ready. I start with sign-in and search."),
        Line("7 11:50", BOB, ElemType.FACE),
        Line("6 10:12", TESTER, "Search with an emoji gives an empty page on older phones."),
        Line("6 10:13", TESTER, ElemType.IMAGE),
        Line("6 10:20", LI_LEI, "@QA #1 ✅ 能重现，我看一下。", mentions=(TESTER,)),
        Line("6 11:58", LI_LEI, "找到了：编码的问题，已经修复。"),
        Line("6 12:05", TESTER, "Confirmed, works now 👍"),
        Line("6 15:30", ALICE, "Notes of today's call:"),
        Line("6 15:31", ALICE, ElemType.MERGER),
        Line("6 15:44", BOB, "Thanks. One thing is missing: who tells the support team?"),
        Line("6 15:45", CAROL, "@Bob I do, on Wednesday.", mentions=(BOB,)),
        Line("3 08:55", BOB, "Stand-up in five minutes. @all", mentions_all=True),
        Line("3 08:56", HAN, "来了"),
        Line("3 09:20", LI_LEI, ElemType.SOUND),
        Line("3 09:41", BOB, "That was long. In short: the database move takes ten minutes, we announce twenty."),
        Line("3 13:15", CAROL, "The new start page, in motion:"),
        Line("3 13:15", CAROL, ElemType.VIDEO),
        Line("3 13:22", ALICE, "Beautiful! Could the button be a little larger?"),
        Line("3 13:40", CAROL, "Sure."),
        Line("2 09:10", ALICE, "@韩梅梅 设置页的文案看过了，很好，只改了两个字。", mentions=(HAN,)),
        Line("2 09:12", HAN, "谢谢！今天是我在项目组的最后一天，明天去新部门了。"),
        Line("2 09:13", BOB, "You will be missed here!"),
        Line("2 09:14", ALICE, "祝你一切顺利 🌷"),
        Line("2 09:15", LI_LEI, ElemType.FACE),
        Line("1 10:02", TESTER, "Regression round two: 3 findings, all small. List attached."),
        Line("1 10:03", TESTER, ElemType.FILE),
        Line("1 14:26", BOB, "All three are fixed in build 3118."),
        Line("1 16:50", CAROL, "Support knows. They ask for a sheet with the three most likely questions."),
        Line("1 16:58", ALICE, "@Carol Davies I write it tonight.", mentions=(CAROL,)),
        Line("0 08:30", ALICE, "The sheet is done, Carol has it."),
        Line("0 08:41", CAROL, "Perfect, thank you."),
        # Up to here alice has read.
        Line("0 12:02", BOB, "Build 3120 is the candidate. Please try it on your own phones."),
        Line("0 12:06", LI_LEI, "好的，午饭后装。"),
        Line("0 12:07", ALICE, "Installing it right now (answering from the lock screen)."),
        Line("0 13:30", CAROL, ElemType.IMAGE),
        Line("0 13:31", CAROL, "Is dinner still at seven?", is_recalled=True),
        Line("0 14:00", BOB, "We release in four hours. Nothing is merged from now on! @all", mentions_all=True),
        Line("0 14:10", TESTER, "Build 3120: 412 checks passed, 0 failed.", is_quiet=True),
        Line("0 15:02", BOB, "Just the two of you: do we need the old server after tonight?", targets=(ALICE, LI_LEI)),
        Line("0 15:24", CAROL, "Did Alice leave the group?"),
        Line("0 15:26", BOB, "No! I pressed the wrong button. She will be back in a second."),
        Line("0 15:32", BOB, "@Alice 陈 Sorry! Welcome back 😅", mentions=(ALICE,)),
        Line("0 17:20", LI_LEI, "@Bob 老服务器可以再留一周。", mentions=(BOB,)),
        Line("0 18:04", BOB, "3.2 is out 🎉"),
    ),
    membership_changes=(
        MembershipChange("2 18:00", HAN, Membership.LEFT),
        MembershipChange("0 15:20", ALICE, Membership.KICKED),
        MembershipChange("0 15:30", ALICE, Membership.MEMBER),
    ),
    reads={ALICE: "0 08:41", BOB: "0 18:04", CAROL: "0 15:32", LI_LEI: "0 17:20", HAN: "2 09:15", TESTER: "0 12:07"},
)  # fmt: skip

# Bob has left: his list keeps the conversation as it was.
DESIGN = Chat(
    group_id="design team/2026",
    people=(ALICE, BOB, CAROL, HAN),
    lines=(
        Line("6 14:05", CAROL, "First ideas for the icons. Be honest!"),
        Line("6 14:05", CAROL, ElemType.IMAGE),
        Line("6 14:06", CAROL, ElemType.IMAGE),
        Line("6 14:19", ALICE, "The second one. It is still clear when it is small."),
        Line("6 14:22", BOB, "Second one for me as well."),
        Line("6 14:40", HAN, "第二个好，颜色可以再深一点。"),
        Line("6 14:48", CAROL, "@韩梅梅 Darker, like this?", mentions=(HAN,)),
        Line("6 14:48", CAROL, ElemType.IMAGE),
        Line("6 14:52", HAN, "对，就是这样 👍"),
        Line("3 09:30", ALICE, "The museum has an exhibition of old timetables. Who comes along on Saturday?"),
        Line("3 09:31", ALICE, ElemType.LOCATION),
        Line("3 09:45", CAROL, "Me!"),
        Line("3 10:02", HAN, "我也去。"),
        Line("3 10:30", BOB, "I can't, sorry. Take pictures."),
        Line("3 17:00", BOB, "As you know I only do project work from now on, so I leave this group. Call me any time!"),
        Line("3 17:05", CAROL, "Thanks for everything, Bob."),
        Line("2 11:15", CAROL, "Who has the final files of the start page?"),
        Line("2 11:21", ALICE, ElemType.FILE),
        Line("2 11:22", CAROL, "Got them."),
        Line("1 15:08", HAN, "明天的评审改到下午三点。@all", mentions_all=True),
        Line("1 15:10", ALICE, "OK"),
        Line("0 15:55", CAROL, "Good review. I bring the new drawings in tomorrow."),
        Line("0 15:57", ALICE, "Looking forward to them."),
    ),
    membership_changes=(MembershipChange("3 17:02", BOB, Membership.LEFT),),
    reads={ALICE: "0 15:57", BOB: "3 10:30", CAROL: "0 15:57", HAN: "1 15:10"},
)  # fmt: skip

# Alice has not read bob's last lines.
ALICE_AND_BOB = Chat(
    people=(ALICE, BOB),
    lines=(
        Line("4 18:20", BOB, "Are you coming to the concert on Friday?"),
        Line("4 18:26", ALICE, "I'd love to! Where is it?"),
        Line("4 18:27", BOB, ElemType.LOCATION),
        Line("4 18:28", BOB, "Doors open at half past seven."),
        Line("4 18:30", ALICE, "Perfect. Shall I get the tickets?"),
        Line("4 18:31", BOB, "Please do, I pay you back."),
        Line("3 12:15", ALICE, "Got two in row 7!"),
        Line("3 12:15", ALICE, ElemType.IMAGE),
        Line("3 12:20", BOB, "Wow 😀"),
        Line("3 12:21", BOB, ElemType.CUSTOM),
        Line("3 12:40", ALICE, "Received, thank you."),
        Line("3 19:02", BOB, "Mum, do we still have the blue suitcase?", is_recalled=True),
        Line("3 19:03", BOB, "Sorry, wrong chat."),
        Line("3 19:10", ALICE, "No problem 😂 And: do you?"),
        Line("3 19:11", BOB, "In the cellar, it turns out."),
        Line("2 08:45", BOB, "Do you have the slides of last week's talk?"),
        Line("2 08:58", ALICE, ElemType.FILE),
        Line("2 08:59", ALICE, "The last page is still a draft."),
        Line("2 09:20", BOB, "That helps a lot."),
        Line("2 21:05", BOB, ElemType.SOUND),
        Line("2 21:12", ALICE, "That song! Now it stays in my head all night."),
        Line("2 21:13", BOB, "My plan exactly."),
        Line("1 13:02", ALICE, "Lunch?"),
        Line("1 13:04", BOB, "Noodles downstairs, in ten minutes."),
        Line("1 13:04", ALICE, "👍"),
        Line("1 22:40", ALICE, "The sheet for support is ready. Would you read it once more?"),
        Line("1 22:55", BOB, "Read it, it is good. I only moved one comma."),
        Line("0 08:12", ALICE, "Thank you!"),
        Line("0 08:15", BOB, "Big day today."),
        Line("0 08:16", ALICE, "It will be fine 🤞"),
        Line("0 19:31", BOB, "We did it! Where are you celebrating?"),
        Line("0 20:02", BOB, "We are at the noodle place, come over."),
        Line("0 20:02", BOB, ElemType.LOCATION),
    ),
    reads={ALICE: "0 08:16", BOB: "0 20:02"},
)

# Alice sent the last line, and carol has read it.
ALICE_AND_CAROL = Chat(
    people=(ALICE, CAROL),
    lines=(
        Line("3 10:01", CAROL, "Do you have a minute for the colours of the start page?"),
        Line("3 10:08", ALICE, "Sure, send them."),
        Line("3 10:09", CAROL, ElemType.IMAGE),
        Line("3 10:15", ALICE, "The green is hard to read on white."),
        Line("3 10:16", CAROL, "True. Like this?"),
        Line("3 10:24", CAROL, ElemType.IMAGE),
        Line("3 10:25", ALICE, "Much better."),
        Line("1 17:01", CAROL, "When do you send me the sheet for support?"),
        Line("1 17:03", ALICE, "Tonight."),
        Line("0 08:29", ALICE, ElemType.FILE),
        Line("0 08:29", ALICE, "Here it is."),
        Line("0 08:40", CAROL, "Support says: the best one so far."),
        Line("0 16:10", CAROL, "Tea on the roof?"),
        Line("0 16:11", ALICE, "Two minuets.", edited="Two minutes."),
    ),
    reads={ALICE: "0 16:10", CAROL: "0 16:12"},
)

# Bob sent the last line, and carol has not read it.
BOB_AND_CAROL = Chat(
    people=(BOB, CAROL),
    lines=(
        Line("2 15:40", BOB, "How many languages does the new page have?"),
        Line("2 15:43", CAROL, "Two. A third one in autumn."),
        Line("2 15:44", BOB, "Good to know."),
        Line("0 15:23", CAROL, "What happened to Alice?"),
        Line("0 15:25", BOB, "Wrong button. I add her again."),
        Line("0 15:33", CAROL, "😅"),
        Line("0 19:40", BOB, "Noodels?", edited="Noodles?"),
    ),
    reads={BOB: "0 15:33", CAROL: "0 15:33"},
)

ALICE_AND_LI_LEI = Chat(
    people=(ALICE, LI_LEI),
    lines=(
        Line("6 20:11", LI_LEI, "陈工，下周三有空吗？想请你看一下搜索的新界面。"),
        Line("6 20:30", ALICE, "下午三点可以。"),
        Line("6 20:31", LI_LEI, "好的，我订会议室。"),
        Line("6 20:35", LI_LEI, "会议提醒：周三 15:00，3B 会议室。", is_quiet=True),
        Line("1 14:58", ALICE, "我到了，你在哪儿？"),
        Line("1 14:59", LI_LEI, "马上到，电梯里。"),
        Line("1 16:20", LI_LEI, ElemType.MERGER),
        Line("1 16:21", LI_LEI, "今天讨论的内容都在这里。"),
        Line("1 16:40", ALICE, "谢谢，很清楚。"),
        Line("0 12:30", LI_LEI, "新版本装好了，搜索快多了！"),
        Line("0 12:31", LI_LEI, "发错了", is_recalled=True),
    ),
    reads={ALICE: "1 16:40", LI_LEI: "0 12:30"},
)

EACH_KIND = Chat(
    people=(ALICE, TESTER),
    lines=(
        Line("1 11:00", TESTER, "Hello Alice, I send one message of each kind. Do all of them show on your side?"),
        Line("1 11:01", TESTER, ElemType.IMAGE),
        Line("1 11:02", TESTER, ElemType.SOUND),
        Line("1 11:03", TESTER, ElemType.VIDEO),
        Line("1 11:04", TESTER, ElemType.FILE),
        Line("1 11:05", TESTER, ElemType.LOCATION),
        Line("1 11:06", TESTER, ElemType.FACE),
        Line("1 11:07", TESTER, ElemType.CUSTOM),
        Line("1 11:08", TESTER, ElemType.MERGER),
        Line("1 11:09", TESTER, ("And a text with a picture:", ElemType.IMAGE)),
        Line("1 11:30", ALICE, "All there 👍"),
    ),
    reads={ALICE: "1 11:30", TESTER: "1 11:30"},
)

CHATS = (PROJECT, DESIGN, ALICE_AND_BOB, ALICE_AND_CAROL, BOB_AND_CAROL, ALICE_AND_LI_LEI, EACH_KIND)
BY_THREAD = {chat.thread: chat for chat in CHATS}


def began_s(thread: str, now_s: int) -> int:
    """Return the time of the first line of a thread's script, or `now_s` if it has no script."""
    return time_s(BY_THREAD[thread].lines[0].at, now_s) if thread in BY_THREAD else now_s
