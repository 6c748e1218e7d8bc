"""Messages in the admin."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from conversations import positions
from conversations.admin import links as admin_links
from conversations.admin.big_tables import BigTableAdmin, CompositeKeyChangeList, pre
from conversations.choices import ConversationType
from conversations.formats import message_content, message_preview
from conversations.lists import search
from conversations.models.messages import MessageRow
from conversations.threads import BETWEEN, is_of_group
from conversations.times import from_epoch_s
from conversations.unread.plain_text import time_text
from conversations.unread.rules import NO_LIST


@admin.register(MessageRow)
class MessageAdmin(BigTableAdmin):
    """By thread, newest first."""

    ordering = ("-thread", "-position")
    list_display = ("seq", "thread_display", "sender", "sent_at", "flags")
    search_fields = ("thread", "position")
    search_help_text = _("Group ID, or two user IDs separated by a space")
    fields = (
        "links", "thread_display", "seq", "position", "sender", "sent_at", "random", "flags", "recalled_by", "edited_at",
        "targets", "at_accounts", "preview", "body_json", "created_at",
    )  # fmt: skip
    readonly_fields = fields
    text_fields = ("preview", "body_json")

    def get_changelist(self, request, **kwargs):
        return CompositeKeyChangeList

    def text_owner_id(self, obj):
        return obj.sender if obj.body is not None else ""

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("conversations.view_message")

    def has_change_permission(self, request, obj=None):
        return False

    def get_search_results(self, request, queryset, search_term):
        return (queryset.filter(thread__in=search.threads_named(search_term)) if search_term else queryset), False

    @admin.display(description=_("links"))
    def links(self, message):
        links = [*admin_links.of_thread(message.thread), (admin_links.messages_of(message.thread), _("All messages"))]
        return admin_links.join_links(
            [*links, (admin_links.webhooks_near(message.created_at), _("Webhooks received around then"))]
        )

    @admin.display(description=_("message history"))
    def thread_display(self, message):
        return message.thread.replace(BETWEEN, " – ")

    @admin.display(description="MsgSeq")
    def seq(self, message):
        return positions.seq_of(message.position, is_group=is_of_group(message.thread))

    @admin.display(description=_("sent"))
    def sent_at(self, message):
        return time_text(from_epoch_s(message.time_s)) if message.time_s is not None else None

    @admin.display(description=_("edited"))
    def edited_at(self, message):
        return time_text(from_epoch_s(message.edited_at_ms // 1000)) if message.edited_at_ms is not None else None

    @admin.display(description=_("flags"))
    def flags(self, message):
        flags = (
            (_("recalled"), message.is_recalled), (_("edited"), message.edited_at_ms is not None),
            (_("sender erased"), message_content.is_erased(message.edit)),
            (_("only a recall or an edit was received"), message.body is None),
            ("NoUnread", not message.counts_as_unread), ("NoLastMsg", not message.is_shown), (_("@everyone"), message.at_all),
            (_("only for some members"), message.targets != NO_LIST),
        )  # fmt: skip
        return ", ".join(str(flag) for flag, is_set in flags if is_set)

    @admin.display(description=_("text"))
    def preview(self, message):
        type_ = ConversationType.GROUP if is_of_group(message.thread) else ConversationType.C2C
        return message_preview.one_line_preview(message.body, type_)

    @admin.display(description=_("body"))
    def body_json(self, message):
        return message.body and pre(message.body)
