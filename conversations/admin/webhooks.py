"""Webhooks in the admin: what was received, the outcome, and a way to replay."""

from contextlib import suppress
from datetime import timedelta

import orjson
from django.contrib import admin, messages
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from conversations.admin import links as admin_links
from conversations.admin.big_tables import MAX_COUNTED, BigTableAdmin, ClosedFilter, SpanFilter, pre
from conversations.digits import parse_digits
from conversations.exceptions import ConversationError
from conversations.feeding import webhooks
from conversations.formats import webhook_events
from conversations.formats.messages import C2CRecall, GroupRecall, IncomingMessage
from conversations.models import RefusedWebhooks, WebhookEvent, WebhookOutcome
from conversations.staff import admin_urls
from conversations.staff.action_log import changed_message
from conversations.threads import thread_between
from conversations.times import now_s


class CommandFilter(ClosedFilter):
    title, parameter_name = _("command"), "command"
    conditions = {command: (command, Q(command=command)) for command in sorted(webhook_events.COMMANDS)}


class OutcomeFilter(ClosedFilter):
    title, parameter_name = _("outcome"), "outcome"
    conditions = {outcome.value: (outcome.label, Q(outcome=outcome)) for outcome in WebhookOutcome}


class ReceivedFilter(SpanFilter):
    title, parameter_name, moment = _("received"), "received", "received_at"
    spans = {"hour": (_("the last hour"), timedelta(hours=1)), "day": (_("the last day"), timedelta(days=1)),
             "week": (_("the last week"), timedelta(days=7))}  # fmt: skip


@admin.register(WebhookEvent)
class WebhookEventAdmin(BigTableAdmin):
    """Newest first."""

    ordering = ("-id",)
    list_display = ("id", "command", "outcome", "received_at", "applied_at", "error")
    list_filter = (OutcomeFilter, CommandFilter, ReceivedFilter)
    has_indexed_filters = True
    search_fields = ("id",)
    search_help_text = _("Webhook number")
    actions = ("replay",)
    fields = ("links", "command", "outcome", "error", "received_at", "applied_at", "body_json")
    readonly_fields = fields
    # An error may quote what could not be stored.
    text_fields = ("error", "body_json")

    def get_search_results(self, request, queryset, search_term):
        if not search_term:
            return queryset, False
        number = parse_digits(search_term.strip(), at_most=18)
        return queryset.none() if number is None else queryset.filter(pk=number), False

    def text_owner_id(self, obj):
        event = _parsed(obj)
        if isinstance(event, IncomingMessage):
            return event.sender
        # A webhook that can't be parsed may hold any user's text, so its own number goes into the access log.
        return f"webhook {obj.pk}" if event is None and obj.body else ""

    @admin.display(description=_("body"))
    def body_json(self, event):
        return pre(event.body) if event.body else None

    @admin.display(description=_("links"))
    def links(self, event):
        near = (admin_links.webhooks_near(event.received_at), _("Webhooks received around then"))
        return admin_links.join_links([*_links_of(event), near])

    @admin.action(description=_("Replay selected webhooks"), permissions=["change"])
    def replay(self, request, queryset):
        failed = count = 0
        for event in queryset.order_by("pk")[:MAX_COUNTED]:
            before = event.outcome
            is_applied = webhooks.apply(event)
            self.log_change(request, event, changed_message(f"outcome {before} → {event.outcome}"))
            count, failed = count + 1, failed + (not is_applied)
        text = ngettext("%(count)d webhook was replayed.", "%(count)d webhooks were replayed.", count - failed)
        self.message_user(request, text % {"count": count - failed}, messages.SUCCESS if count > failed else messages.INFO)
        if failed:
            text = ngettext("%(count)d webhook failed again.", "%(count)d webhooks failed again.", failed)
            self.message_user(request, text % {"count": failed}, messages.ERROR)


@admin.register(RefusedWebhooks)
class RefusedWebhooksAdmin(BigTableAdmin):
    """By hour, newest first."""

    ordering = ("-hour", "reason")
    list_display = ("hour", "reason", "count", "last_at", "address")
    list_display_links = None
    fields = list_display
    readonly_fields = fields


def _parsed(webhook: WebhookEvent) -> webhook_events.Event | None:
    """Return the parsed webhook; None if its body was removed or can't be parsed."""
    with suppress(ConversationError, ValueError):
        return webhook_events.parse(webhook.command, orjson.loads(webhook.body), now_s=now_s())
    return None


def _links_of(webhook: WebhookEvent) -> list[admin_links.Link]:
    """Return links to what the webhook is about."""
    match event := _parsed(webhook):
        case IncomingMessage() | GroupRecall() | C2CRecall():
            return admin_links.of_thread(event.thread)
        case webhook_events.C2CRead():
            return admin_links.of_thread(thread_between(event.reader, event.peer))
        case webhook_events.GroupEvent():
            return admin_links.of_thread(event.group_id)
        case webhook_events.ProfileChanged():
            return [(admin_urls.row("owner", event.user_id), event.user_id)]
    return []
