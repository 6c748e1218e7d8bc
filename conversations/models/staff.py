"""Records of staff: the access log, the login log, and saved views."""

from django.conf import settings
from django.db import models
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from conversations import identifiers
from conversations.models.byte_order import ByteOrderField
from conversations.models.querysets import AccessLogQuerySet, LoginLogQuerySet, SavedViewQuerySet

ACCESS_REASON_MAX_LENGTH = 200

SAVED_VIEW_NAME_MAX_LENGTH = 40
SAVED_VIEW_FILTERS_MAX_LENGTH = 500


class AccessLogEntry(models.Model):
    """A view of a user's list, or of one of its conversations, by a member of staff, once an hour of a session.

    The user is "" for searches across users. The entry outlives the staff account.
    """

    username = models.CharField(_("username"), max_length=150)
    owner_id = ByteOrderField(_("user"), max_length=identifiers.OWNER_ID_MAX_BYTES)
    conversation_id = ByteOrderField(
        _("conversation"), max_length=identifiers.CONVERSATION_ID_MAX_BYTES, blank=True, db_default="",
        help_text=_("empty: the list itself"),
    )  # fmt: skip
    reason = models.CharField(_("reason"), max_length=ACCESS_REASON_MAX_LENGTH, blank=True, db_default="")
    viewed_at = models.DateTimeField(_("viewed at"), db_default=Now(), editable=False)

    objects = AccessLogQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("access log entry"), _("access log")
        indexes = (
            models.Index("owner_id", F("viewed_at").desc(), name="access_log_by_owner"),
            models.Index("username", F("viewed_at").desc(), name="access_log_by_user"),
            models.Index(F("viewed_at").desc(), F("id").desc(), name="access_log_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.username} {self.owner_id} {self.conversation_id}".rstrip()


class LoginEvent(models.TextChoices):
    LOGGED_IN = "in", _("login")
    FAILED = "failed", _("failed login")
    LOCKED_OUT = "locked", _("lock-out")


class LoginLogEntry(models.Model):
    """How often the like happened to an account within an hour, from an address. It outlives the account.

    The username is "" for all accounts that do not exist: people enter their password there by mistake. The address is ""
    where it is unknown, and for all addresses beyond the first MAX_ADDRESSES.
    """

    hour = models.DateTimeField(_("hour"))
    event = models.CharField(_("event"), max_length=6, choices=LoginEvent)
    username = models.CharField(_("username"), max_length=150, blank=True)
    address = models.CharField(_("address"), max_length=39, blank=True)
    count = models.PositiveBigIntegerField(_("count"))
    last_at = models.DateTimeField(_("last"))

    objects = LoginLogQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("login log entry"), _("login log")
        constraints = (models.UniqueConstraint(fields=("hour", "event", "username", "address"), name="logins_once_an_hour"),)
        indexes = (
            models.Index("username", "id", name="login_log_by_user"),
            models.Index("address", "id", name="login_log_by_address"),
            models.Index(F("last_at").desc(), F("id").desc(), name="login_log_by_time"),
            models.Index("username", F("last_at").desc(), F("id").desc(), name="login_log_by_user_and_time"),
        )

    def __str__(self) -> str:
        return f"{self.username} {self.event}"


class ViewedPage(models.TextChoices):
    """The page that a saved view is of."""

    LIST = "list", _("a user's list")
    ACROSS = "across", _("across users")


class SavedView(models.Model):
    """Filters under a name, for any user's list or across users: of one member of staff, or shared with all."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views", verbose_name=_("staff account")
    )
    name = models.CharField(_("name"), max_length=SAVED_VIEW_NAME_MAX_LENGTH)
    filters = models.CharField(
        _("filters"),
        max_length=SAVED_VIEW_FILTERS_MAX_LENGTH,
        help_text=_("of a list in the search box's syntax, across users as in the page's address"),
    )
    page = models.CharField(_("page"), max_length=6, choices=ViewedPage, db_default=ViewedPage.LIST)
    is_shared = models.BooleanField(_("shared"), db_default=False)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("saved view"), _("saved views")
        permissions = (("share_view", gettext_noop("Can share saved views")),)
        constraints = (models.UniqueConstraint("user", "name", name="saved_view_once_per_user_and_name"),)

    def __str__(self) -> str:
        return self.name
