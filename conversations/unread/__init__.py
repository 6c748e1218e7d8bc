"""How unread is computed.

A conversation's unread count is its imported unread plus the stored messages that count, and its mentions come from the same
messages. `rules` says which messages count for an owner and which are past the read, deleted or cleared position; `rosters`
says when the owner was in the group. The count is stored in the row: each change adds the difference that a message makes
(`feeding`) or moves the read position (`actions.read_positions`). `counts` computes it from the stored messages again, for
reads, corrections and checks. `explain` finds the reasons for a count, and `explanation` words them.
"""
