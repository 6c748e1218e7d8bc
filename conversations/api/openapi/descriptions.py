"""The OpenAPI document's texts: the introduction, the tags, and a tag and description for each operation."""

from typing import NamedTuple

from conversations.api.parameters import DEFAULT_COUNT, MAX_COUNT

INTRODUCTION = f"""\
Persistent conversation lists for apps of Tencent Cloud Chat. Names of calls, keys and error codes are those of its SDK.

**Authentication.** Send `Authorization: Bearer …` with an API key (`imk_…`, made by an administrator) or with the user's
Tencent UserSig. A user's key and a UserSig open that user's list. A service key opens all lists. Ingest calls need a service
key with the scope `ingest`.

**owner.** The user ID of the user whose list is meant. With a service key or a staff session it is required; with any other
credential it may be left out. It has nothing to do with the owner of a chat group.

**IDs.** A conversationID is `c2c_<userID>` or `group_<groupID>`. Calls about one object have `-` in the path and its ID as
`?id=` (for conversation groups, the name as `?name=`). An ID without `/` may also stand in the path:
`/api/v1/conversations/c2c_bob/`. Percent-encode IDs in URLs: `#` as `%23`, `@` as `%40`.

**Paging.** A page has `nextSeq` and `isFinished`. Pass `nextSeq` with the same filters to get the next page. `count` is
{DEFAULT_COUNT} if absent; a number above {MAX_COUNT} is lowered to {MAX_COUNT}. With filters, a page of a long list may hold
fewer conversations, or none: go on until `isFinished`.

**Versions.** Each answer about a list has the header `Owner-Version`, the sync token of the list at that time. Pass it as
`since` to get the later changes. Sent as a header with a read, it asks for a list at least as new: without it, a server with a
replica may show a state that is a moment old. Reads also have an `ETag`; with `If-None-Match` an unchanged list is answered by
a 304.

**Streams.** `GET /api/v1/events/` sends changes as server-sent events. A deployment may serve it on a port of its own; there,
other ports answer it with 421.

**Numbers.** Times are epoch seconds unless a key says otherwise. Integers have up to 64 bits. One mark, 1<<63, fits into no
signed 64-bit integer: marks in answers are numbers without a size, in requests strings of digits.

**Errors.** An error is a `Problem` (RFC 9457) with the `code` and `desc` of the SDK's `onError(code, desc)`, in English or in
Chinese according to `Accept-Language`. Every answer with a problem has the header `X-Request-ID`. A credential that has
reached a limit gets a 429; the header `Retry-After` says when to try again, in seconds.
"""

READ, CHANGE, SYNC, REPORT, INGEST, WEBHOOKS = "Read", "Change", "Sync", "Report", "Ingest", "Webhooks"
TAGS = {
    READ: "Get one conversation, several by ID, or a filtered page of the list.",
    CHANGE: "Pin, mute, mark, mark as read, draft, group or delete conversations.",
    SYNC: "Keep a copy of a list up to date: changes since a version, or a stream of them.",
    REPORT: "Send what the app's SDK knows and the server cannot: read positions in groups, pins, marks, drafts.",
    INGEST: "Send in messages, recalls, groups, members and users from a back end.",
    WEBHOOKS: "Receive the webhooks of Tencent Cloud Chat.",
}


class Description(NamedTuple):
    """What the document says about an operation."""

    tag: str
    text: str


_ALREADY = "Repeating the call changes nothing. The answer is the conversation as it is afterwards."
_RESULTS = (
    "Takes 1 to 100 conversations. The answer has a result for each ID, in request order; a failure stops none of the others."
)
_NEWEST = "Of several updates, the one with the newest EventTime is applied."

# By operation ID.
DESCRIPTIONS = {
    "getConversation": Description(
        READ,
        "Returns the conversation with the keys of the SDK's object. With placeholder=true, a conversation that the list "
        "does not have is answered with an unsaved object in place of a 404.",
    ),
    "getConversationListByFilter": Description(
        READ,
        "Returns a page of the list: pinned conversations first, then by activity. All given filters must match. An unknown "
        "user has an empty list.",
    ),
    "getConversationListByQuery": Description(
        READ,
        "Returns the conversations that the list has, in request order and each once. The other IDs are in unresolved, with "
        "the reason. Repeat the parameter id for each conversation. Generated clients that join lists with commas, such as "
        "C++ with cpprestsdk, use getConversationList.",
    ),
    "getConversationList": Description(
        READ,
        "Returns the conversations that the list has, in request order and each once. The other IDs are in unresolved, with "
        "the reason. Changes nothing: the request is a POST only because the IDs are in its body.",
    ),
    "getTotalUnreadMessageCount": Description(
        READ,
        "Counts the unread messages of the whole list, or of the conversations that match the filters. Muted conversations "
        "are counted separately.",
    ),
    "getConversationGroupList": Description(READ, "Returns the names of the user's conversation groups, sorted by name."),
    "pinConversation": Description(CHANGE, f"Pins the conversation to the top of the list. {_ALREADY}"),
    "unpinConversation": Description(CHANGE, f"Returns the conversation to its place by activity. {_ALREADY}"),
    "setConversationDraft": Description(
        CHANGE,
        "Saves the draft for all devices of the user; an empty text cancels it. A draft that is older than the saved one "
        "changes nothing. The answer is the conversation as it is afterwards.",
    ),
    "setReceiveMessageOpt": Description(
        CHANGE,
        "Sets recvOpt: 0 receive and notify, 1 do not receive, 2 receive without notification; for groups also 3 notify of "
        f"mentions only, 4 receive mentions only. {_ALREADY}",
    ),
    "cleanConversationUnreadMessageCount": Description(
        CHANGE,
        "Marks the messages up to a time (one-to-one) or a sequence number (group) as read; 0 or absent marks all of them. A "
        "read position only moves forward. The answer is the conversation as it is afterwards.",
    ),
    "clearHistoryMessage": Description(
        CHANGE, f"Removes the messages from the user's view and leaves the conversation in the list. {_ALREADY}"
    ),
    "deleteConversation": Description(
        CHANGE,
        "Removes the conversation from the list; a newer message brings it back. With clearMessage=false the messages are "
        "there again when it comes back.",
    ),
    "cleanAllUnreadMessageCount": Description(
        CHANGE, "Marks all messages of all conversations as read, or of the one-to-one or group conversations only."
    ),
    "markConversation": Description(CHANGE, f"Sets or removes one mark or several, given as a sum of bits. {_RESULTS}"),
    "setConversationCustomData": Description(
        CHANGE, f"Saves a text of the app with each conversation, in place of the former one. {_RESULTS}"
    ),
    "deleteConversationList": Description(
        CHANGE, f"Removes the conversations from the list; a newer message brings each one back. {_RESULTS}"
    ),
    "createConversationGroup": Description(
        CHANGE, f"Creates a conversation group of the user, which is private to this user and no chat group. {_RESULTS}"
    ),
    "renameConversationGroup": Description(
        CHANGE, "Renames the group; its conversations stay in it. 409 if the user has another group of that name."
    ),
    "deleteConversationGroup": Description(CHANGE, "Deletes the group. Its conversations stay in the list."),
    "addConversationsToGroup": Description(CHANGE, f"Adds conversations to the group, at most 1000 in all. {_RESULTS}"),
    "deleteConversationsFromGroup": Description(
        CHANGE, f"Takes conversations out of the group. They stay in the list. {_RESULTS}"
    ),
    "getConversationEvents": Description(
        SYNC,
        "Returns what happened to a conversation besides messages, newest first, also if it was deleted: each event with its "
        "time, the fields before and after, and who did it. Only service keys and staff may ask. Ask again with nextSeq while "
        "isFinished is false.",
    ),
    "getConversationChanges": Description(
        SYNC,
        "Returns what changed since a sync token: each conversation once, in its latest state. Ask again with version as "
        "since, at once while isFinished is false. If resetRequired is true, discard your copy and go on from version.",
    ),
    "getEvents": Description(
        SYNC,
        "Sends changes as they happen, as server-sent events. `changes` has a page of changes, and its sync token as the "
        "event's ID; `unread` has the unread totals; after `reset`, discard your copy; `problem` ends the stream, because the "
        "credential is no longer valid. Resume with Last-Event-ID, which takes precedence over since.",
    ),
    "reportConversations": Description(
        REPORT,
        "Merges objects of the app's SDK into the list, as it gives them in its list, onNewConversation and "
        "onConversationChanged, with the keys of the native SDKs, the Web SDK or the C API. Of read positions, last message "
        "and draft the newest is stored. isPinned, recvOpt, markList, customData and conversationGroupList are taken from the "
        "latest report. unreadCount is used if no messages are stored. An absent or null key changes nothing. The result "
        "of an object names the parts that were rejected; the other parts are applied.",
    ),
    "sendMessages": Description(
        INGEST,
        "Stores messages with the keys of Tencent's sendmsg, send_group_msg and import calls, and updates the lists of senders "
        "and recipients. Messages may arrive in any order and more than once. MsgTime is now if absent, MsgSeq the group's "
        "next number. The answer has a result for each message.",
    ),
    "modifyMessages": Description(
        INGEST,
        "Changes the elements or custom data of messages, with the keys of Tencent's modify_c2c_msg and modify_group_msg. "
        f"Absent parts stay as they are. An edit may arrive before its message. {_NEWEST} The answer has a result for "
        "each edit.",
    ),
    "recallMessage": Description(
        INGEST,
        "Recalls a one-to-one message by its MsgKey, or group messages by their sequence numbers. A recall may arrive before "
        "its message.",
    ),
    "setGroups": Description(
        INGEST,
        "Stores groups with the keys of get_group_info's answer. A MemberList replaces the members, unless it has fewer users "
        f"than MemberNum. {_NEWEST} The answer has a result for each group.",
    ),
    "setGroupInfo": Description(
        INGEST,
        f"Changes the given keys of a group. A MemberList replaces the members. {_NEWEST} The status pending means that the "
        "name is saved and not yet shown in all conversations.",
    ),
    "addGroupMembers": Description(
        INGEST, "Adds members to a group, which creates their conversations with it. Messages count for them from JoinTime on."
    ),
    "removeGroupMembers": Description(
        INGEST, "Removes members from a group. Their conversations stay and receive no further messages."
    ),
    "setUsers": Description(
        INGEST, f"Stores users with the keys of portrait_get's answer. {_NEWEST} The answer has a result for each user."
    ),
    "setSelfInfo": Description(
        INGEST,
        f"Changes the nickname or the avatar of a user. {_NEWEST} The status pending means that the name is saved and not yet "
        "shown in all conversations.",
    ),
    "receiveTencentWebhook": Description(
        WEBHOOKS,
        "The callback URL to enter in Tencent's console. The webhook is stored, applied, then acknowledged; one that fails is "
        "stored with its error and can be replayed. The sender is authenticated by the signature `Sign` with `RequestTime`, "
        "or by a service key with the scope ingest if a back end forwards the webhook. Answers have Tencent's form: "
        "ErrorCode 0 if the webhook was accepted, 403 for an unknown sender, 429 for a key that sends too many (a signature is "
        "never limited), 503 while the database is not available.",
    ),
}
