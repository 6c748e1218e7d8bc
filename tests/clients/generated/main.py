"""The calls of each generated client."""

import json
import sys

from imsite_generated import ApiClient, ChangeApi, Configuration, LookupInput, MarkInput, ReadApi
from imsite_generated.exceptions import ApiException

URL, KEY, OWNER = sys.argv[1:]
client = ApiClient(Configuration(host=URL, access_token=KEY))
read, change = ReadApi(client), ChangeApi(client)

group = read.get_conversation("group_@TGS#2J4SZEAEL", owner=OWNER)
print(group.conversation_id, group.show_name, group.group_type)
found = read.get_conversation_list(LookupInput(conversationIDList=["group_a, b/2026", "c2c_nobody", "c2c_bob"]), owner=OWNER)
print("|".join(conversation.conversation_id for conversation in found.conversation_list))
print(found.unresolved[0].result_code)
try:
    read.get_conversation("c2c_nobody", owner=OWNER)
except ApiException as error:
    problem = json.loads(error.body)
    print(problem["code"], problem["desc"])
mark = MarkInput(conversationIDList=["c2c_bob"], markType="9223372036854775808", enableMark=True)
print(change.mark_conversation(mark, owner=OWNER).results[0].result_code)
print(str(change.pin_conversation("group_@TGS#2J4SZEAEL", owner=OWNER).is_pinned).lower())
bob = read.get_conversation("c2c_bob", owner=OWNER)
print(bob.mark_list[0], str(bob.mark_list[0] == 1 << 63).lower())
print(str(bob.group_type).replace("None", "null"), bob.last_message.text_elem.text)
