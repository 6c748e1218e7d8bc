#!/usr/bin/env bash
# Read, change and follow alice's list. Needs a key of scopes read and write:
#
#   KEY=$(.venv/bin/python manage.py create_api_key example --owner alice --scopes read,write)
#   SERVER=http://127.0.0.1:8000 KEY=$KEY bash examples/curl.sh
set -euo pipefail

call() { # call METHOD PATH [JSON]
    echo "== $1 $2"
    curl --silent --show-error --fail-with-body --request "$1" --header "Authorization: Bearer $KEY" \
        ${3:+--header 'Content-Type: application/json' --data "$3"} "$SERVER/api/v1/$2"
    echo
}

# Read
call GET 'conversations/c2c_bob/'
call GET 'conversations/lookup/?id=c2c_bob&id=c2c_nobody'
call GET 'conversations/?count=20&hasUnreadCount=true'
call GET 'unread/'

# IDs are percent-encoded. An ID with a slash goes into the query, with "-" in the path.
call GET 'conversations/group_%40TGS%232J4SZEAEL/'
call GET 'conversations/-/?id=group_design%20team%2F2026'

# Change
call PUT 'conversations/c2c_bob/pin/'
call DELETE 'conversations/c2c_bob/pin/'
call PUT 'conversations/c2c_bob/draft/' '{"draftText": "See you at"}'
call PUT 'conversations/c2c_bob/draft/' '{"draftText": ""}'
call PUT 'conversations/c2c_bob/receive-option/' '{"recvOpt": 2}'
call POST 'conversations/c2c_bob/read/' '{}'
call POST 'conversations/mark/' '{"conversationIDList": ["c2c_bob"], "markType": 1, "enableMark": true}'
call POST 'conversation-groups/' '{"groupName": "Examples", "conversationIDList": ["c2c_bob"]}'
call DELETE 'conversation-groups/Examples/'

# Sync
call GET 'changes/?since=0&count=10'
