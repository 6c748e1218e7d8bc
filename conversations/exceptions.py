"""Errors that are reported to clients, each with the vendor's error code and an HTTP status.

`Code` lists all codes that imsite returns. Source: Tencent Cloud Chat, "Error Codes".
"""

from collections.abc import Mapping, Sequence

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Code(models.IntegerChoices):
    """The `code` of the SDK's `onError(code, desc)`. The label is the title of problem responses."""

    CONVERSATION_NOT_FOUND = 6004, _("Conversation not found")
    NOT_AUTHENTICATED = 6014, _("Missing or invalid credential")
    INVALID_PARAMETER = 6017, _("Invalid parameter")
    TOO_OFTEN = 7008, _("Too many requests")
    NO_PERMISSION = 10007, _("Permission denied")
    SERVER_ERROR = 50004, _("Server error")
    SERVICE_UNAVAILABLE = 50005, _("Service unavailable")
    TOO_MANY_CONVERSATIONS = 51006, _("No conversations or too many")
    GROUP_FULL = 51008, _("Too many conversations in a conversation group")
    GROUP_NOT_FOUND = 51009, _("Conversation group not found")
    TOO_MANY_GROUPS = 51010, _("Too many conversation groups")
    GROUP_NAME_TOO_LONG = 51011, _("Conversation group name too long")
    TOO_MANY_PINNED = 51012, _("Too many pinned conversations")
    UNKNOWN_RESOURCE = 60009, _("Unknown address or method")
    SIG_EXPIRED = 70001, _("UserSig expired")
    SIG_INVALID = 70003, _("UserSig invalid")
    TOO_LARGE = 93000, _("Request too large")


Text = str | Promise
EMPTY_NAME = '""'  # stands for a key or parameter whose name is empty


class ConversationError(Exception):
    """A refused request: the code and HTTP status of its class, a sentence for people, and sentences by field."""

    code: Code = Code.INVALID_PARAMETER
    status = 400

    def __init__(self, detail: Text, *, field: str | None = None, errors: Mapping[str, Sequence[Text]] | None = None):
        super().__init__(detail)
        self.detail = detail
        self.errors: Mapping[str, Sequence[Text]] = errors or ({field or EMPTY_NAME: [detail]} if field is not None else {})


class InvalidParameter(ConversationError):
    """A value of the wrong type or out of range, an unknown name, or a missing value."""


class ConversationNotFound(ConversationError):
    """The owner has no conversation of this ID."""

    code, status = Code.CONVERSATION_NOT_FOUND, 404

    def __init__(self, conversation_id: str):
        super().__init__(_("Conversation %(id)s not found.") % {"id": conversation_id})


class NotAuthenticated(ConversationError):
    """A missing, unknown, revoked or expired credential."""

    code, status = Code.NOT_AUTHENTICATED, 401


class SigExpired(NotAuthenticated):
    """A UserSig that has expired."""

    code = Code.SIG_EXPIRED


class SigInvalid(NotAuthenticated):
    """A UserSig that this app's key did not sign."""

    code = Code.SIG_INVALID


class NoPermission(ConversationError):
    """A valid credential without permission for this owner or action."""

    code, status = Code.NO_PERMISSION, 403


class ServiceUnavailable(ConversationError):
    """A valid request that could not be served now, and may be repeated."""

    code, status = Code.SERVICE_UNAVAILABLE, 503


class TooManyRequests(ConversationError):
    """A credential that has reached a limit. It may try again after `retry_after_s` seconds."""

    code, status = Code.TOO_OFTEN, 429

    def __init__(self, detail: Text, *, retry_after_s: int):
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class TooSlow(ServiceUnavailable):
    """A request whose body did not arrive in time. It may be repeated."""

    status = 408


class GroupNotFound(ConversationError):
    """The owner has no conversation group of this name."""

    code, status = Code.GROUP_NOT_FOUND, 404


class GroupNameTaken(ConversationError):
    """The owner already has a conversation group of this name."""

    status = 409


class GroupNameTooLong(InvalidParameter):
    """A group name of more than GROUP_NAME_MAX_BYTES bytes."""

    code = Code.GROUP_NAME_TOO_LONG


class GroupFull(ConversationError):
    """A conversation group that can take no more conversations."""

    code = Code.GROUP_FULL


class TooManyConversations(InvalidParameter):
    """A request for many conversations that names none, or too many; a conversation beyond the owner's MAX_CONVERSATIONS."""

    code = Code.TOO_MANY_CONVERSATIONS


class TooLarge(ConversationError):
    """A request body of more than MAX_BODY_BYTES bytes."""

    code, status = Code.TOO_LARGE, 413


class TooManyPinned(ConversationError):
    """A pin beyond the owner's MAX_PINNED."""

    code, status = Code.TOO_MANY_PINNED, 400
