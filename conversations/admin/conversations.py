"""Conversations in the admin. A user and a conversationID together are the key of a row."""

from collections.abc import Callable
from datetime import timedelta
from typing import cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ORDER_VAR, SEARCH_VAR
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.http import HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from conversations.admin import bulk_corrections
from conversations.admin import links as admin_links
from conversations.admin.big_tables import (
    MAX_COUNTED,
    BigTableAdmin,
    ClosedFilter,
    CompositeKeyChangeList,
    SpanFilter,
    pre,
    yes_or_no,
)
from conversations.choices import ConversationType
from conversations.exceptions import ConversationError, InvalidParameter
from conversations.formats import checks, message_preview
from conversations.lists.search import keys_of_or_with
from conversations.models import ConversationRow, Owner
from conversations.models.querysets import NO_AT_INFO
from conversations.pages import decorators
from conversations.pages.corrections import undo_url
from conversations.staff import corrections, explanation_display, presentation
from conversations.store.transactions import in_transaction
from conversations.times import check_epoch_s, from_epoch_s
from conversations.unread import explain
from conversations.unread.plain_text import time_text


class TypeFilter(ClosedFilter):
    title, parameter_name = _("type"), "type"
    conditions = {str(type_.value): (type_.label, Q(type=type_)) for type_ in ConversationType}


class UnreadFilter(ClosedFilter):
    title, parameter_name = _("unread"), "unread"
    conditions = yes_or_no(Q(unread_count__gt=0))


class PinnedFilter(ClosedFilter):
    title, parameter_name = _("pinned"), "pinned"
    conditions = yes_or_no(Q(is_pinned=True))


class MarkedFilter(ClosedFilter):
    title, parameter_name = _("marked"), "marked"
    conditions = yes_or_no(~Q(marks=0))


class DraftFilter(ClosedFilter):
    title, parameter_name = _("draft"), "draft"
    conditions = yes_or_no(~Q(draft_text=""))


class MentionFilter(ClosedFilter):
    title, parameter_name = _("mention"), "mention"
    conditions = yes_or_no(~Q(group_at_info=NO_AT_INFO))


class DeletedFilter(ClosedFilter):
    title, parameter_name = _("deleted"), "deleted"
    conditions = yes_or_no(Q(deleted_at__isnull=False))


class LastMessageFilter(SpanFilter):
    """How long ago the last message was sent."""

    title, parameter_name, moment = _("last message"), "last", "last_message_at"
    spans = {"day": (_("the last day"), timedelta(days=1)), "week": (_("the last week"), timedelta(days=7)),
             "month": (_("the last 30 days"), timedelta(days=30))}  # fmt: skip

    def lookups(self, request, model_admin):
        return [*super().lookups(request, model_admin), ("older", _("more than 30 days ago")), ("never", _("never"))]

    def queryset(self, request, queryset):
        match self.value():
            case "older":
                return queryset.filter(last_message_at__lt=timezone.now() - timedelta(days=30))
            case "never":
                return queryset.filter(last_message_at__isnull=True)
        return super().queryset(request, queryset)


class ReadPositionForm(forms.ModelForm):
    """The only value that staff may set by hand."""

    read_up_to = forms.IntegerField(
        label=_("Read up to"),
        min_value=0,
        max_value=checks.INT64_MAX,
        help_text=_("Epoch seconds in a one-to-one conversation, a message number in a group. It may be moved back."),
    )

    class Meta:
        fields = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["read_up_to"] = self.instance.read_up_to

    def clean_read_up_to(self):
        value = self.cleaned_data["read_up_to"]
        if self.instance.type == ConversationType.C2C:
            try:
                check_epoch_s(value, field="read_up_to")
            except InvalidParameter as error:
                raise forms.ValidationError(str(error.detail)) from error
        return value


class ConversationChangeList(CompositeKeyChangeList):
    """What a search has found is sortable by last message, unless it has found more than can be sorted."""

    def get_queryset(self, request, exclude_parameters=None):
        request.may_be_sorted = bool(request.GET.get(SEARCH_VAR))
        rows = super().get_queryset(request, exclude_parameters)
        self.sortable_by = ("last_at",) if request.may_be_sorted else ()
        return rows


@admin.register(ConversationRow)
class ConversationAdmin(BigTableAdmin):
    """Deleted conversations are listed as well: they store up to where the user deleted."""

    ordering = ("owner_id", "conversation_id")
    list_display = (
        "conversation_id", "owner_id", "show_name", "unread_count", "flags", "last_at", "state",
    )  # fmt: skip
    list_filter = (
        TypeFilter, UnreadFilter, MentionFilter, LastMessageFilter, PinnedFilter, MarkedFilter, DraftFilter, DeletedFilter,
    )  # fmt: skip
    search_fields = ("owner_id", "conversation_id")
    search_help_text = _(
        "User ID, conversation ID or group ID, or how it begins. Results can be sorted by last message, unless there are too "
        "many."
    )
    text_fields = ("preview", "last_message_json", "draft_text", "custom_data")
    form = ReadPositionForm
    fieldsets = (
        (None, {"fields": (
            "links", "owner_id", "conversation_id", "type", "group_type", "show_name", "face_url", "membership", "deleted_at",
        )}),
        (_("Unread explained"), {"fields": ("explanation",)}),
        (_("Last message"), {"fields": ("preview", "last_message_at", "last_message_json")}),
        (_("In the list"), {"fields": (
            "unread_count", "is_pinned", "order_key", "recv_opt", "marks_display", "groups_display", "draft_text",
            "draft_timestamp", "mentions_json", "custom_data",
        )}),
        (_("Internal state"), {"classes": ("collapse",), "fields": (
            "c2c_read_timestamp", "group_read_sequence", "imported_unread", "imported_unread_position", "last_message_position",
            "deleted_position", "cleared_position", "version", "changed_by", "changed_at", "created_version", "created_at",
        )}),
    )  # fmt: skip
    readonly_fields = tuple(cast(str, field) for _title, options in fieldsets for field in options["fields"])

    def get_changelist(self, request, **kwargs):
        return ConversationChangeList

    def get_queryset(self, request):
        # Ready-made JSON that no field here shows.
        return super().get_queryset(request).defer("wire_head")

    def get_object(self, request, object_id, from_field=None):
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            row.page_url = request.build_absolute_uri(request.path)  # leads from a ticket to the explanation
        return row

    def get_search_results(self, request, queryset, search_term):
        if not search_term:
            return queryset, False
        at, asked = F("last_message_at"), request.GET.get(ORDER_VAR, "")
        order = [at.desc(nulls_last=True) if asked.startswith("-") else at.asc(nulls_first=True)] if asked else []
        found = keys_of_or_with(queryset, search_term, limit=MAX_COUNTED, order=order)
        request.may_be_sorted = found.may_be_sorted
        rows = queryset.filter(pk__in=found.keys)
        # By an expression, so that these few rows are sorted and not met by walking the whole table in its index's order.
        by_time = order if found.may_be_sorted else []
        return rows.order_by(*by_time, Coalesce("owner_id", Value("")), "conversation_id"), False

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("conversations.view_conversation") or self.has_change_permission(request, obj)

    def has_change_permission(self, request, obj=None):
        return request.user.has_perm("conversations.change_conversation") and not (obj and obj.deleted_at)

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        name = "read_up_to" if self.has_change_permission(request, obj) else "read_position"
        return [(_("Read position"), {"fields": (name,)}), *fieldsets]

    def get_readonly_fields(self, request, obj=None):
        return (*super().get_readonly_fields(request, obj), "read_position")

    def text_owner_id(self, obj):
        return obj.owner_id

    def _require_reason(self, request, obj):
        refusal = super()._require_reason(request, obj)
        if obj is not None and refusal is None:
            decorators.record_conversation(request, obj.owner_id, obj.conversation_id)
        return refusal

    def view_on_site(self, obj):
        return presentation.conversation_url(obj.owner_id, obj.conversation_id)

    # ---- Fields of a row ----

    @admin.display(description=_("read up to"))
    def read_position(self, row):
        if not row.read_up_to:
            return _("No read position is known.")
        return f"#{row.read_up_to}" if row.is_group else time_text(from_epoch_s(row.read_up_to))

    @admin.display(description=_("links"))
    def links(self, row):
        return admin_links.join_links(admin_links.of_conversation(row.owner_id, row.conversation_id))

    @admin.display(description=_("unread"))
    def explanation(self, row):
        explanation = explain.explain(row.owner_id, row.conversation_id)
        shown = explanation_display.shown(explanation, row, self.view_on_site(row), reads_text=False)
        context = {"explanation": shown, "ticket": explanation.as_text(row.page_url)}
        return render_to_string("conversations/_explain.html", context)

    @admin.display(description=_("last message"))
    def preview(self, row):
        return message_preview.one_line_preview(row.last_message, row.type)

    @admin.display(description=_("flags"))
    def flags(self, row):
        own = (_("pinned"), row.is_pinned), (_("draft"), row.draft_text)
        return ", ".join([*(str(flag) for flag, is_set in own if is_set), *presentation.marks_display(row.marks)])

    @admin.display(description=_("marks"))
    def marks_display(self, row):
        return ", ".join(presentation.marks_display(row.marks))

    @admin.display(description=_("last message at"), ordering="last_message_at")
    def last_at(self, row):
        return row.last_message_at and time_text(row.last_message_at, "Y-m-d H:i")

    @admin.display(description=_("state"))
    def state(self, row):
        return _("deleted") if row.deleted_at else row.get_membership_display()

    @admin.display(description=_("conversation groups"))
    def groups_display(self, row):
        owner = Owner.objects.named(row.owner_id).first()
        return ", ".join(presentation.groups_of(row.conversation_groups, owner.group_names)) if owner else ""

    @admin.display(description="lastMessage")
    def last_message_json(self, row):
        return row.last_message and pre(row.last_message)

    @admin.display(description="groupAtInfoList")
    def mentions_json(self, row):
        return pre(row.group_at_info)

    # ---- Corrections ----

    def get_actions(self, request):
        return bulk_corrections.actions() if self.has_change_permission(request) else {}

    def changelist_view(self, request, extra_context=None):
        return self._or_error_message(super().changelist_view, request, extra_context)

    def changeform_view(self, request, *args, **kwargs):
        # Around Django's own transaction, so that the whole is retried after a conflict.
        return self._or_error_message(in_transaction(super().changeform_view), request, *args, **kwargs)

    def _or_error_message(self, view: Callable, request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except ConversationError as error:
            self.message_user(request, str(error.detail), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def save_form(self, request, form, change):
        return form.instance

    def save_model(self, request, obj, form, change):
        to = form.cleaned_data["read_up_to"]
        form.effect = corrections.move_read_position(
            owner_id=obj.owner_id, conversation_id=obj.conversation_id, to=to, user_id=request.user.pk
        )

    def save_related(self, request, form, formsets, change):
        """Do nothing: no related rows are edited."""

    def construct_change_message(self, request, form, formsets, add=False):
        effect = form.effect
        return corrections.log_message(corrections.MOVE, effect.changes, effect.version) if effect.changes else []

    def log_change(self, request, obj, message):
        if not message:
            return None
        entry = super().log_change(request, obj, message)
        url = undo_url(obj.owner_id, "", entries=f"{entry.pk}-{entry.pk}")
        self.message_user(request, format_html('<a href="{}">{}</a>', url, _("Undo")), messages.INFO)
        return entry
