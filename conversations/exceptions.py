"""What can go wrong, each with the vendor's error code and an HTTP status.

Source of the codes: Tencent Cloud Chat, "Error Codes"; `Code` is the one table of those that imsite gives.
"""

from collections.abc import Mapping

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Code(models.IntegerChoices):
    """The face of the SDK's `onError(code, desc)`; the label is the problem's title."""

    CONVERSATION_NOT_FOUND = 6004, _("No such conversation")
    NOT_SIGNED_IN = 6014, _("No or unknown credential")
    INVALID_PARAMETER = 6017, _("Invalid parameter")
    TOO_OFTEN = 7008, _("Too many requests")
    NO_PERMISSION = 10007, _("Not allowed")
    SERVER_ERROR = 50004, _("Server error")
    TRY_AGAIN = 50005, _("Try again")
    TOO_MANY_CONVERSATIONS = 51006, _("No or too many conversations")
    GROUP_FULL = 51008, _("Too many conversations in a conversation group")
    GROUP_NOT_FOUND = 51009, _("No such conversation group")
    TOO_MANY_GROUPS = 51010, _("Too many conversation groups")
    GROUP_NAME_TOO_LONG = 51011, _("Conversation group name too long")
    TOO_MANY_PINNED = 51012, _("Too many pinned conversations")
    UNKNOWN_RESOURCE = 60009, _("No such address or method")
    SIG_EXPIRED = 70001, _("UserSig expired")
    SIG_INVALID = 70003, _("UserSig invalid")
    TOO_LARGE = 93000, _("Too large")


Text = str | Promise
EMPTY_NAME = '""'  # of a key or parameter


class ConversationError(Exception):
    """A refusal: `code` and `status` of its class, a sentence for people, and the sentences of single fields."""

    code: Code = Code.INVALID_PARAMETER
    status = 400

    def __init__(self, detail: Text, *, field: str | None = None, errors: Mapping[str, list[Text]] | None = None):
        super().__init__(detail)
        self.detail = detail
        self.errors = errors or ({field or EMPTY_NAME: [detail]} if field is not None else {})


class InvalidParameter(ConversationError):
    """A value that can't be: of the wrong type, out of range, unknown, missing."""


class ConversationNotFound(ConversationError):
    """The owner has no such conversation."""

    code, status = Code.CONVERSATION_NOT_FOUND, 404

    def __init__(self, conversation_id: str):
        super().__init__(_("There is no conversation %(id)s.") % {"id": conversation_id})


class NotAuthenticated(ConversationError):
    """No credential, or one that is unknown, revoked or expired."""

    code, status = Code.NOT_SIGNED_IN, 401


class SigExpired(NotAuthenticated):
    """A UserSig whose time is over."""

    code = Code.SIG_EXPIRED


class SigInvalid(NotAuthenticated):
    """A UserSig that this app's key did not sign."""

    code = Code.SIG_INVALID


class NoPermission(ConversationError):
    """A good credential, but not for this owner or this deed."""

    code, status = Code.NO_PERMISSION, 403


class ServiceUnavailable(ConversationError):
    """Nothing is wrong with the request, but it did not get through."""

    code, status = Code.TRY_AGAIN, 503


class GroupNotFound(ConversationError):
    """The owner has no such conversation group."""

    code, status = Code.GROUP_NOT_FOUND, 404


class GroupNameTaken(ConversationError):
    """The owner has another conversation group of this name."""

    status = 409


class GroupNameTooLong(InvalidParameter):
    """More bytes than GROUP_NAME_MAX_BYTES."""

    code = Code.GROUP_NAME_TOO_LONG


class GroupFull(ConversationError):
    """A conversation group has no room for one more."""

    code = Code.GROUP_FULL


class TooManyConversations(InvalidParameter):
    """A call on many conversations names none, or too many."""

    code = Code.TOO_MANY_CONVERSATIONS


class TooLarge(ConversationError):
    """More bytes than MAX_BODY_BYTES."""

    code, status = Code.TOO_LARGE, 413


class TooManyPinned(ConversationError):
    """MAX_PINNED is reached."""

    code, status = Code.TOO_MANY_PINNED, 400
