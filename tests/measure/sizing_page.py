"""The tables of docs/scaling.md: what is assumed, what each call costs, and what 1, 10 and 100 million users need."""

from collections.abc import Callable, Iterable
from dataclasses import fields

from tests.measure.cost_model import CostModel, Plan, plan, simulated_day
from tests.measure.results import ROOT, markdown, put
from tests.measure.traffic import HOURS, Assumptions, is_message

PAGES = {ROOT / "docs" / "scaling.md": False, ROOT / "docs" / "zh" / "scaling.md": True}
MILLIONS = (1, 10, 100)
# English and Chinese.
ASSUMED = {
    "active": ("share of the users who use the app on a day", "日活跃用户占比"),
    "conversations": ("conversations of a user", "每个用户的会话数"),
    "starts": ("starts of the app, each reads the first page of 50", "启动次数，每次读取第一页 50 个会话"),
    "polls": ("polls of the unread total; 0 if the app has an event stream", "轮询未读总数的次数；使用事件流时为 0"),
    "polls_with_news": ("share of the polls since whose last one something changed", "其中有变化的占比"),
    "streams": ("share of the active users with an open event stream at the peak", "高峰时打开事件流的活跃用户占比"),
    "lookups": ("lookups of 20 conversations by ID", "按 ID 批量获取 20 个会话的次数"),
    "openings": ("conversations that are got one by one", "获取单个会话的次数"),
    "one_to_one": ("one-to-one messages sent, each a webhook", "发送的单聊消息数，每条一次回调"),
    "to_groups": ("group messages sent, each a webhook", "发送的群消息数，每条一次回调"),
    "reads": ("conversations marked as read", "标记已读次数"),
    "drafts": ("drafts", "设置草稿次数"),
    "pins": ("pins", "置顶次数"),
    "burst": ("the busiest minute beside the mean of the busiest hour", "最繁忙一分钟与最繁忙一小时平均值之比"),
}
CALLS = {
    "list": ("first page of 50", "第一页 50 个会话"),
    "unread": ("unread total", "未读总数"),
    "unread, nothing new": ("unread total, unchanged (304)", "未读总数，无变化（304）"),
    "lookup": ("20 conversations by ID", "按 ID 获取 20 个会话"),
    "one": ("one conversation", "单个会话"),
    "one-to-one": ("one-to-one message", "单聊消息"),
    "read": ("mark as read", "标记已读"),
    "draft": ("draft", "草稿"),
    "pin": ("pin", "置顶"),
}
GROUP_MESSAGE = ("message to a group of {size}", "{size} 人群的消息")
WHOLE, TB = "{:,.0f}", "{:,.1f}"
NEEDS: list[tuple[str, str, str, Callable[[Plan], float]]] = [
    ("calls a second in the busiest minute", "最繁忙一分钟的每秒请求数", WHOLE, lambda plan: plan.calls),
    ("conversations changed a second by messages", "消息引起的每秒会话更新数", WHOLE, lambda plan: plan.row_changes),
    ("processors of web servers", "Web 服务器的处理器", WHOLE, lambda plan: plan.web_processors),
    ("processors of the database", "数据库的处理器", WHOLE, lambda plan: plan.database_processors),
    ("write-ahead log, MB a second", "预写日志（WAL），MB/秒", WHOLE, lambda plan: plan.wal_mb),
    ("memory for the hot set, GB", "热数据所需内存，GB", WHOLE, lambda plan: plan.memory_gb),
    ("disk after 30 days, TB", "30 天后的磁盘，TB", TB, lambda plan: plan.disk_30_gb / 1e3),
    ("disk after 365 days, 30 days of messages, TB", "365 天后（消息留 30 天），TB", TB, lambda plan: plan.disk_365_gb / 1e3),
    ("disk after 365 days, all messages, TB", "365 天后（消息全留），TB", TB, lambda plan: plan.all_messages_gb / 1e3),
    ("web machines", "Web 服务器台数", WHOLE, lambda plan: plan.web_machines),
    ("database machines", "数据库服务器台数", WHOLE, lambda plan: plan.database_machines),
]  # fmt: skip
MOST = {"processors": "处理器", "memory": "内存", "disk": "磁盘"}
HEADS = {
    "assumed": (("of each active user, on a day", ""), ("每个活跃用户，每天", "")),
    "calls": (
        ("call", "a day", "web, ms", "database, ms", "log, kB", "pages in the log, kB", "stays, kB"),
        ("调用", "每天次数", "Web，ms", "数据库，ms", "日志，kB", "日志中的整页，kB", "留存，kB"),
    ),
}
MIXED = (
    "A mix of calls takes {web:.2f} times the processor time of these on web servers, {database:.2f} times on the database. "
    "Measured: {measured}.",
    "混合调用时，Web 服务器所用处理器时间为上表的 {web:.2f} 倍，数据库为 {database:.2f} 倍。测量环境：{measured}。",
)
DAY = (
    "A day of a million users, drawn minute by minute: {web:.0f} processor hours of web servers and {database:.0f} of the "
    "database; {peak:.1f} processors in the busiest of these minutes, before bursts.",
    "逐分钟随机生成一百万用户的一天：Web 服务器共 {web:.0f} 处理器小时，数据库 {database:.0f} 处理器小时；"
    "其中最繁忙的一分钟共 {peak:.1f} 个处理器（未计突发）。",
)


def text(model: CostModel, assumed: Assumptions | None = None, *, is_chinese: bool = False) -> str:
    """Return the tables and the sentences between them."""
    assumed = assumed or Assumptions()
    day, busiest = simulated_day(1e6, model, assumed)
    mixed = {"web": model.mixed_web, "database": model.mixed_database, "measured": model.measured}
    hours = {"web": day.web_s / 3600, "database": day.database_s / 3600, "peak": (busiest.web_s + busiest.database_s) / 60}
    plans = [plan(millions * 1e6, model, assumed) for millions in MILLIONS]
    return "\n\n".join([
        markdown(HEADS["assumed"][is_chinese], _assumptions(assumed, is_chinese)),
        markdown(HEADS["calls"][is_chinese], _costs(model, assumed, is_chinese)),
        MIXED[is_chinese].format(**mixed),
        markdown(_users(is_chinese), _needs(plans, is_chinese)),
        DAY[is_chinese].format(**hours),
    ])  # fmt: skip


def write(model: CostModel) -> None:
    """Put the tables between the marks of both pages."""
    for path, is_chinese in PAGES.items():
        put(path, text(model, is_chinese=is_chinese))


def _users(is_chinese: bool) -> list[str]:
    names = [f"{millions * 100:,} 万用户" if is_chinese else f"{millions} million users" for millions in MILLIONS]
    return ["", *names]


def _assumptions(assumed: Assumptions, is_chinese: bool) -> Iterable[list[str]]:
    for field in fields(assumed):
        yield [f"{ASSUMED[field.name][is_chinese]} (`{field.name}`)", f"{getattr(assumed, field.name):g}"]
    peak = max(HOURS)
    name = "最繁忙一小时占全天的比例" if is_chinese else "share of a day in its busiest hour"
    yield [name, f"{peak:g} ({HOURS.index(peak)}:00)"]


def _costs(model: CostModel, assumed: Assumptions, is_chinese: bool) -> Iterable[list[str]]:
    for kind, calls in assumed.calls_a_day().items():
        cost = model.calls[kind]
        is_group = is_message(kind) and kind not in CALLS
        name = GROUP_MESSAGE[is_chinese].format(size=kind.split()[-1]) if is_group else CALLS[kind][is_chinese]
        yield [
            name, f"{calls:g}", f"{cost.web_ms:.2f}", f"{cost.database_ms:.2f}",
            *(f"{value / 1000:,.1f}" for value in (cost.wal_bytes, cost.page_bytes, cost.kept_bytes)),
        ]  # fmt: skip


def _needs(plans: list[Plan], is_chinese: bool) -> Iterable[list[str]]:
    for english, chinese, form, value in NEEDS:
        yield [chinese if is_chinese else english, *(form.format(value(plan)) for plan in plans)]
    most = [MOST[plan.needs_most] if is_chinese else plan.needs_most for plan in plans]
    yield ["数据库台数取决于" if is_chinese else "the database's machines are decided by", *most]
