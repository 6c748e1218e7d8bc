"""The calls of `recentcontact`: a body in, the content of the answer out."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import orjson

from conversations.actions import deletions, groups, settings
from conversations.actions.results import Result
from conversations.actions.settings import Labels
from conversations.api.vendor_rest.codes import RECENT_CONTACT
from conversations.exceptions import ConversationNotFound
from conversations.formats import rest_contacts
from conversations.formats.checks import INT64_MAX
from conversations.formats.fields import Body, number
from conversations.formats.rest_conversation import conversation_id_of
from conversations.lists import json_reads, labels, numbered_pages
from conversations.lists.labels import LabelledConversation
from conversations.lists.numbered_pages import Place, Places
from conversations.store.transactions import in_transaction
from conversations.times import to_epoch_s

# Conversations of an answer. The vendor documents no number; clients read on until CompleteFlag.
PAGE = 100
WITH_EMPTY = 1 << 1  # of AssistFlags; pinned ones are always first, flagged, and read page by page

Content = dict[str, Any]


def get_list(body: Body) -> Content:
    owner_id = rest_contacts.account(body, "From_Account")
    places = Places(_place(body, "TopTimeStamp", "TopStartIndex"), _place(body, "TimeStamp", "StartIndex"))
    with_empty = bool((number(body, "AssistFlags") or 0) & WITH_EMPTY)
    page = numbered_pages.read(owner_id, places, PAGE, with_empty=with_empty)
    return {
        "SessionItem": [rest_contacts.session_item(conversation) for conversation in page.conversations],
        "CompleteFlag": int(page.is_last),
        "TimeStamp": page.next.unpinned.time_s,
        "StartIndex": page.next.unpinned.offset,
        "TopTimeStamp": page.next.pinned.time_s,
        "TopStartIndex": page.next.pinned.offset,
    }


def _place(body: Body, time_key: str, index_key: str) -> Place:
    return Place(
        number(body, time_key, most=numbered_pages.TIME_MAX) or 0, number(body, index_key, most=numbered_pages.OFFSET_MAX) or 0
    )


def delete(body: Body) -> Content:
    owner_id = rest_contacts.account(body, "From_Account")
    conversation_id, clear_messages = conversation_id_of(body), rest_contacts.clears_messages(body)
    with suppress(ConversationNotFound):  # a back end that got no answer deletes again
        deletions.delete_one(owner_id=owner_id, conversation_id=conversation_id, clear_messages=clear_messages)
    return {}


@in_transaction
def create_contact_group(body: Body) -> Content:
    owner_id = rest_contacts.account(body, "From_Account")
    name, conversation_ids = rest_contacts.new_group(body)
    results = groups.create(owner_id=owner_id, name=name, conversation_ids=conversation_ids).results
    group = next(item for item in _groups(owner_id) if item["GroupName"] == name)
    return {"GroupResultItem": [{"GroupItem": group, "ResultItem": [_result_item(result) for result in results]}]}


@in_transaction
def update_contact_group(body: Body) -> Content:
    owner_id = rest_contacts.account(body, "From_Account")
    update = rest_contacts.group_update(body)
    if update.new_name is None:
        results, name = _change_members(owner_id, update), update.name
    else:
        groups.rename(owner_id=owner_id, name=update.name, new_name=update.new_name)
        results, name = [], update.new_name
    content = {
        "UpdateGroupType": rest_contacts.MEMBERS if update.new_name is None else rest_contacts.RENAME,
        **next(item for item in _groups(owner_id) if item["GroupName"] == name),
        "OldGroupName": update.name,
        "ContactResultItem": results,
    }
    return {"UpdateType": 1, "UpdateGroupResult": content}


def _change_members(owner_id: str, update: rest_contacts.GroupUpdate) -> list[Content]:
    results: dict[str, Content] = {}
    # Of several entries of one conversation the last one holds.
    changes = {conversation_id: opt_type for opt_type, conversation_id in update.changes}
    for opt_type, act in ((rest_contacts.ADD, groups.add), (rest_contacts.REMOVE, groups.remove)):
        if ids := [conversation_id for conversation_id, change in changes.items() if change == opt_type]:
            done = act(owner_id=owner_id, name=update.name, conversation_ids=ids)
            results |= {result.conversation_id: _result_item(result) for result in done.results}
    return [{"ContactOptType": opt_type, **results[conversation_id]} for opt_type, conversation_id in update.changes]


@in_transaction
def del_contact_group(body: Body) -> Content:
    owner_id = rest_contacts.account(body, "From_Account")
    name = rest_contacts.group_to_delete(body)
    deleted = [item for item in _groups(owner_id) if item["GroupName"] == name]
    groups.delete(owner_id=owner_id, name=name)
    return {"GroupItem": deleted}


def mark_contact(body: Body) -> Content:
    owner_id = rest_contacts.account(body, "From_Account")
    items = rest_contacts.mark_items(body)
    wanted: dict[str, Labels] = {}
    for item in items:
        label = Labels(item.set_marks & ~item.clear_marks, item.clear_marks, item.custom_data)
        wanted[item.conversation_id] = wanted.get(item.conversation_id, Labels()).followed_by(label)
    results = {result.conversation_id: result for result in settings.set_labels(owner_id=owner_id, labels=wanted).results}
    return {
        "ResultItem": [{"OptType": item.opt_type, **_result_item(results[item.conversation_id])} for item in items],
    }


def get_contact_group(body: Body) -> Content:
    owner_id = rest_contacts.account(body, "From_Account")
    start = number(body, "StartIndex", most=INT64_MAX) or 0
    group_items = _groups(owner_id)
    page, has_more = labels.page(owner_id, start, PAGE)
    return {
        "ContactItem": _labelled_items(page),
        "GroupItem": group_items,
        "CompleteFlag": int(not has_more),
        "NextStartIndex": page[-1].version if page else start,
    }


def search_contact_group(body: Body) -> Content:
    owner_id = rest_contacts.account(body, "From_Account")
    conversation_ids = rest_contacts.contacts(body, most=rest_contacts.MAX_READ)
    group_items = _groups(owner_id)
    return {"ContactResultItem": _labelled_items(labels.of_ids(owner_id, conversation_ids)), "GroupItem": group_items}


def _groups(owner_id: str) -> list[Content]:
    _token, names = json_reads.group_names(owner_id)
    return [rest_contacts.group_item(name, bit) for bit, name in enumerate(orjson.loads(names)) if name is not None]


def _result_item(result: Result) -> Content:
    return {
        "ContactItem": rest_contacts.contact_item(result.conversation_id),
        "ResultCode": RECENT_CONTACT.translate(result.code),
        "ResultInfo": result.info,
    }


def _labelled_items(rows: Sequence[LabelledConversation]) -> list[Content]:
    return [
        rest_contacts.labelled_item(
            row.conversation_id,
            marks=row.marks,
            custom_data=row.custom_data,
            conversation_groups=row.conversation_groups,
            changed_s=to_epoch_s(row.changed_at) if row.changed_at else 0,
        )
        for row in rows
    ]
