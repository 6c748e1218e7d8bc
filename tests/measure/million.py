"""A million conversations and a million users, and what belongs to them, made by PostgreSQL itself in a few minutes.

`big` has 100 000 conversations and `busy` 2000, others 50 or none. Rows lie in no order, as in use: an owner's are far apart.
"""

from django.db import connection

OWNERS, EACH, BUSY, BIG = 17_960, 50, 2_000, 100_000
# A group of busy, big and 2000 others, in which much is said; and busy's best-known peer.
HALL, HALL_MEMBERS, HALL_MESSAGES = "hall", 2_000, 10_000
PEER, PEER_MESSAGES = "u00007", 1_000
GROUPS, OTHER_THREADS, IN_EACH = 20_000, 5_000, 40
LAST_HOUR = 20_000  # messages, and half as many webhooks
OTHER_USERS = 982_038

NOW_S = "extract(epoch FROM now())::bigint"
# One text message as stored, from columns `sender`, `group_id` (null: one to one), `at_s` and `n`.
BODY = """format('{"progress":100,"friendRemark":"","status":2,"localCustomData":"","localCustomInt":0,"priority":2,'
    '"isSupportMessageExtension":false,"needReadReceipt":false,"hasRiskContent":false,"revokeReason":"",'
    '"isBroadcastMessage":false,"revokerInfo":null,"isExcludedFromContentModeration":false,"msgID":"144115-%3$s-%4$s",'
    '"timestamp":%3$s,"sender":"%1$s","nickName":"","faceUrl":"","nameCard":"","groupID":%2$s,"userID":%5$s,'
    '"cloudCustomData":"","isSelf":false,"isRead":false,"isPeerRead":false,"seq":"%4$s","random":%4$s,"groupAtUserList":[],'
    '"isExcludedFromUnreadCount":false,"isExcludedFromLastMessage":false,"offlinePushInfo":{},"elemType":1,'
    '"textElem":{"text":"%6$s"}}',
    sender, coalesce('"' || group_id || '"', 'null'), at_s, n,
    CASE WHEN group_id IS NULL THEN '"' || sender || '"' ELSE 'null' END,
    '你好 ' || n || ', your order has left the house' || repeat(' and is on its way', n::int % 5))"""
POSITION = """CASE WHEN group_id IS NULL THEN lpad(at_s::text, 10, '0') || lpad(n::text, 10, '0') || lpad(n::text, 10, '0')
    ELSE lpad(n::text, 20, '0') END"""

# Whose list, the place in it, and who is on the other side; `chance` is the same in each run.
PLACES = f"""
    SELECT owner_id, n, group_id, sender, chance, {NOW_S} - 3600 - chance % 7776000 AS at_s FROM (
        SELECT *, abs(hashtext(owner_id || n)::bigint) AS chance FROM (
            SELECT 'u' || lpad(o::text, 5, '0') AS owner_id, n, 'u' || lpad(((o + 1 + n * 37) % 20000)::text, 5, '0') AS sender,
                CASE WHEN n = {EACH - 1} AND o < {HALL_MEMBERS} THEN '{HALL}'
                    WHEN n >= 40 THEN 'g' || (o * 7 + n * 211) % {OTHER_THREADS} END AS group_id
            FROM generate_series(0, {OWNERS - 1}) o, generate_series(0, {EACH - 1}) n
            UNION ALL
            SELECT owner_id, n, 'u' || lpad(n::text, 5, '0'),
                CASE WHEN n = size - 1 THEN '{HALL}' WHEN n % 5 = 4 THEN 'g' || n / 5 END
            FROM (VALUES ('busy', {BUSY}), ('big', {BIG})) AS few (owner_id, size), generate_series(0, size - 1) n
        ) AS sides
    ) AS places"""


def conversations(places: str, order: str = "ORDER BY chance") -> str:
    """Return the statement that makes conversations at these places (columns as those of PLACES), in this order on disk."""
    return f"""
    INSERT INTO conversations_conversation (
        owner_id, conversation_id, type, group_type, show_name, face_url, recv_opt, unread_count, imported_unread,
        imported_unread_position, last_message, last_message_at, last_message_position, draft_text, draft_timestamp, is_pinned,
        activity_key, group_at_info, marks, conversation_groups, version, created_version)
    SELECT owner_id, coalesce('group_' || group_id, 'c2c_' || sender), CASE WHEN group_id IS NULL THEN 1 ELSE 2 END,
        CASE WHEN group_id IS NULL THEN '' ELSE 'Work' END,
        coalesce('The group ' || group_id, 'Nick 王 ' || sender), 'https://img.example.org/' || chance || '.png',
        CASE WHEN chance % 9 = 1 THEN 2 ELSE 0 END, CASE WHEN chance % 8 = 0 THEN chance % 130 + 1 ELSE 0 END,
        CASE WHEN chance % 8 = 0 THEN chance % 130 + 1 ELSE 0 END, {POSITION}, {BODY}, to_timestamp(at_s), {POSITION},
        CASE WHEN chance % 40 = 2 THEN 'What I wanted to say' ELSE '' END, CASE WHEN chance % 40 = 2 THEN at_s ELSE 0 END,
        n < 50 AND chance % 20 = 3, at_s * 1000000 + n,
        CASE WHEN chance % 60 = 8 AND group_id IS NOT NULL THEN '[{{"seq":"5","atType":1}}]' ELSE '[]' END,
        CASE WHEN chance % 50 = 5 THEN 1 ELSE 0 END, CASE WHEN chance % 12 = 6 THEN 1 ELSE 0 END, n + 1, n + 1
    FROM ({places}) AS placed {order}"""


CONVERSATIONS = conversations(PLACES)

OWNER_ROWS = """
    INSERT INTO conversations_owner (owner_id, version, epoch, nick_name, group_names, face_url)
    SELECT owner_id, count(*), 1, 'Nick ' || owner_id, '["customers","work"]', 'https://img.example.org/' || owner_id || '.png'
    FROM conversations_conversation GROUP BY owner_id"""

# Users without a list, whose names have much in common.
OTHER_OWNERS = f"""
    INSERT INTO conversations_owner (owner_id, epoch, nick_name)
    SELECT 'v' || lpad(n::text, 7, '0'), 1, 'Name ' || substr(md5(n::text), 1, 6) || ' of ' || n % 1000
    FROM generate_series(1, {OTHER_USERS}) n"""

# What happened for a month: most of it by the users themselves.
EVENTS = f"""
    INSERT INTO conversations_conversationevent (owner_id, conversation_id, time_us, version, kind, changes, actor)
    SELECT owner_id, conversation_id, (at_s - n * 3600) * 1000000 + chance % 1000000, version, 'pin',
        '{{"isPinned":[false,true]}}', CASE chance % 50 WHEN 1 THEN 'key:0123456789ab'
            WHEN 2 THEN 'command:import_conversations' WHEN 3 THEN 'staff:1' ELSE 'usersig' END
    FROM (SELECT owner_id, conversation_id, version, n, abs(hashtext(conversation_id || n)::bigint) AS chance,
            {NOW_S} - abs(hashtext(owner_id || n)::bigint) % 2592000 AS at_s
        FROM conversations_conversation, generate_series(1, 1) n WHERE version % 2 = 0 AND owner_id <> 'big') AS changed"""

INCONSISTENCIES = """
    INSERT INTO conversations_inconsistency (owner_id, conversation_id, kind, found_at)
    SELECT owner_id, conversation_id, 'unread', now() FROM conversations_conversation WHERE version = 3 LIMIT 5000"""

# Group and two-person threads, each message with the moment at which it came.
SAID = f"""
    SELECT '{HALL}' AS thread, '{HALL}' AS group_id, 'u' || lpad((n * 7 % {HALL_MEMBERS})::text, 5, '0') AS sender, n,
        {NOW_S} - ({HALL_MESSAGES} - n) * 90 AS at_s FROM generate_series(1, {HALL_MESSAGES}) n
    UNION ALL
    SELECT 'busy' || chr(31) || '{PEER}', NULL, CASE WHEN n % 3 = 0 THEN 'busy' ELSE '{PEER}' END, n,
        {NOW_S} - ({PEER_MESSAGES} - n) * 600 FROM generate_series(1, {PEER_MESSAGES}) n
    UNION ALL
    SELECT 'g' || g, 'g' || g, 'u' || lpad((g * 3 + n)::text, 5, '0'), n, {NOW_S} - 86400 - ({IN_EACH} - n) * 3600 - g
    FROM generate_series(0, {OTHER_THREADS - 1}) g, generate_series(1, {IN_EACH}) n
    UNION ALL
    SELECT 'g' || n % {OTHER_THREADS}, 'g' || n % {OTHER_THREADS}, 'u00001', {IN_EACH} + 1 + n, {NOW_S} - n * 3600 / {LAST_HOUR}
    FROM generate_series(0, {LAST_HOUR - 1}) n"""

MESSAGES = f"""
    INSERT INTO conversations_message (thread, position, sender, time_s, random, body, created_at)
    SELECT thread, {POSITION}, sender, at_s, n, {BODY}, to_timestamp(at_s) FROM ({SAID}) AS said ORDER BY at_s"""

THREADS = """
    INSERT INTO conversations_thread (thread, last_position)
    SELECT thread, max(position) FROM conversations_message GROUP BY thread"""

# The conversations that are looked at say what is stored, as fed ones do: 300 unread in the group, 20 of the peer's.
FED_GROUPS = f"""
    UPDATE conversations_conversation SET imported_unread = 0, imported_unread_position = '',
        unread_count = 300, group_at_info = '[]',
        group_read_sequence = {HALL_MESSAGES - 300}, last_message_position = last_position
    FROM conversations_thread
    WHERE conversation_id = 'group_{HALL}' AND owner_id IN ('busy', 'big') AND thread = '{HALL}'"""
FED_PEER = f"""
    UPDATE conversations_conversation SET imported_unread = 0, imported_unread_position = '',
        unread_count = 20,
        c2c_read_timestamp = (
            SELECT time_s FROM conversations_message WHERE thread = threads.thread AND random = {PEER_MESSAGES - 30}),
        last_message_position = last_position
    FROM conversations_thread AS threads
    WHERE owner_id = 'busy' AND conversation_id = 'c2c_{PEER}' AND thread = 'busy' || chr(31) || '{PEER}'"""

MEMBERS = """
    INSERT INTO conversations_groupmember (group_id, user_id, events, is_member, member_since_ms)
    SELECT substr(conversation_id, 7), owner_id, '[[0,"listed"]]', true, 0 FROM conversations_conversation WHERE type = 2"""

GROUP_ROWS = """
    INSERT INTO conversations_group (group_id, type, name)
    SELECT group_id, 'Work', 'The group ' || group_id FROM conversations_groupmember GROUP BY group_id"""

WEBHOOKS = f"""
    INSERT INTO conversations_webhookevent (command, body, outcome, error, received_at, applied_at)
    SELECT CASE WHEN n % 2 = 0 THEN 'C2C.CallbackAfterSendMsg' ELSE 'Group.CallbackAfterSendMsg' END,
        format('{{"From_Account":"u00001","To_Account":"busy","MsgSeq":%1$s,"MsgRandom":%1$s,"MsgTime":%2$s,'
            '"MsgBody":[{{"MsgType":"TIMTextElem","MsgContent":{{"Text":"hi"}}}}]}}', n, {NOW_S} - n),
        CASE WHEN n % 5000 = 7 THEN 'failed' WHEN n < 2 THEN 'stored' ELSE 'applied' END,
        CASE WHEN n % 5000 = 7 THEN 'MsgBody is no list' ELSE '' END,
        now() - CASE WHEN n < {LAST_HOUR // 2} THEN n * interval '0.36 s' ELSE interval '1 h' + n * interval '6 s' END,
        CASE WHEN n < 2 OR n % 5000 = 7 THEN NULL ELSE now() END
    FROM generate_series(99999, 0, -1) n"""

LOOKS = """
    INSERT INTO conversations_accesslogentry (username, owner_id, viewed_at)
    SELECT 'sue', 'u' || lpad((n % 900)::text, 5, '0'), now() - n * interval '1 min' FROM generate_series(5000, 1, -1) n"""

LOG = """
    INSERT INTO django_admin_log (action_time, user_id, content_type_id, object_id, object_repr, action_flag, change_message)
    SELECT now() - n * interval '15 min', %s, content_type.id, owner_id || '/' || conversation_id, conversation_id, 2,
        '[{"changed": {"fields": ["isPinned false → true"]}, "action": "pin", "version": 2,'
        '"changes": [{"field": "isPinned", "before": false, "after": true}]}]'
    FROM django_content_type AS content_type,
        (SELECT row_number() OVER () AS n, owner_id, conversation_id FROM conversations_conversation LIMIT 100000) AS corrected
    WHERE content_type.app_label = 'conversations' AND content_type.model = 'conversationrow'"""

KEYS = """
    INSERT INTO conversations_apikey (prefix, digest, name, owner_id)
    SELECT 'imk_' || n, decode(md5(n::text), 'hex'), 'app ' || n, 'u' || lpad(n::text, 5, '0') FROM generate_series(1, 300) n"""

# In this order: some are made from others.
STEPS = (
    CONVERSATIONS, OWNER_ROWS, OTHER_OWNERS, EVENTS, INCONSISTENCIES, MESSAGES, THREADS, FED_GROUPS, FED_PEER, MEMBERS,
    GROUP_ROWS, WEBHOOKS, LOOKS, KEYS,
    "VACUUM (ANALYZE)",
)  # fmt: skip


def fill() -> None:
    """Into empty tables."""
    with connection.cursor() as cursor:
        for step in STEPS:
            cursor.execute(step)


def fill_log(user_id: int) -> None:
    """What a member of staff corrected, a hundred times a day for years."""
    with connection.cursor() as cursor:
        cursor.execute(LOG, [user_id])
        cursor.execute("VACUUM ANALYZE django_admin_log")
