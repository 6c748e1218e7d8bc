"""API keys in the admin: create, show once, revoke."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from conversations.access import api_keys, permissions
from conversations.admin import shown_once
from conversations.admin.big_tables import MAX_COUNTED, BigTableAdmin
from conversations.exceptions import InvalidParameter
from conversations.models import ApiKey
from conversations.staff.action_log import changed_message

ONE, ALL = "one", "all"
# The values that `api_keys.create_api_key` takes.
VALUES = ("name", "owner_id", "scopes", "expires_at")


class NewKeyForm(forms.ModelForm):
    """VALUES; whether the key opens one user's list or all of them is a choice of its own, without a default."""

    access = forms.ChoiceField(
        label=_("Access to"),
        choices=[(ONE, _("one user")), (ALL, _("all users (service key)"))],
        widget=forms.RadioSelect,
    )
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=[("read", _("read")), ("write", _("write")), ("ingest", _("ingest"))],
        widget=forms.CheckboxSelectMultiple,
        initial=["read"],
        help_text=_("The write scope includes read. The ingest scope requires a service key."),
    )

    user: Any  # the member of staff who creates the key; set by the admin

    class Meta:
        model = ApiKey
        fields = VALUES
        labels = {"owner_id": _("User ID")}
        help_texts = {"owner_id": _("Only for a key of one user")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Django's two boxes have words beside them, which are no labels.
        widgets = getattr(self.fields["expires_at"].widget, "widgets", ()) if "expires_at" in self.fields else ()
        for widget, label in zip(widgets, (_("Expiry date"), _("Expiry time"))):
            widget.attrs["aria-label"] = label

    def clean_scopes(self):
        """Refuse scopes beyond the account's own permissions. Every response has texts in it, that of an action as well."""
        reads = permissions.may_read_text(self.user)
        allowed = {"read": reads, "write": reads and permissions.may_change(self.user)}
        scopes = self.cleaned_data["scopes"]
        if not all(allowed.get(scope, True) for scope in scopes):
            raise forms.ValidationError(_("A key can't have more permissions than your own account."))
        return scopes

    def clean(self):
        values = super().clean()
        access, owner_id = values.get("access"), values.get("owner_id")
        if access == ONE and not owner_id and "owner_id" not in self.errors:
            self.add_error("owner_id", _("Enter the user ID, or choose all users."))
        if access == ALL and owner_id:
            self.add_error("owner_id", _("Leave the user ID empty for a key to all users."))
        if not self.errors:
            try:
                api_keys.check_new_key(**{name: values[name] for name in VALUES})
            except InvalidParameter as error:
                self.add_error(next(iter(error.errors)).replace("owner", "owner_id"), str(error.detail))
        return values


@admin.register(ApiKey)
class ApiKeyAdmin(BigTableAdmin):
    form = NewKeyForm
    ordering = ("-created_at", "prefix")
    list_display = (
        "name",
        "prefix",
        "owner_link",
        "granted",
        "created_at",
        "expires_at",
        "revoked_at",
        "last_used_at",
        "state",
    )
    search_fields = ("prefix", "owner_id", "name")
    search_help_text = _("Exact prefix or user ID, or part of a name")
    actions = ("revoke",)
    readonly_fields = ("prefix", "owner_link", "granted", "created_at", "revoked_at", "last_used_at", "state")

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        form.user = request.user  # type: ignore[attr-defined]  # a class made for this request
        return form

    def get_fields(self, request, obj=None):
        return ("name", "expires_at", *self.readonly_fields) if obj else ("name", "access", *VALUES[1:])

    def get_readonly_fields(self, request, obj=None):
        return self.readonly_fields if obj else ()

    def get_search_results(self, request, queryset, search_term):
        matching = Q(prefix=search_term) | Q(owner_id=search_term) | Q(name__icontains=search_term)
        return (queryset.filter(matching) if search_term else queryset), False

    def has_add_permission(self, request):
        return admin.ModelAdmin.has_add_permission(self, request)

    def add_view(self, request, form_url="", extra_context=None):
        one_button = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, one_button | (extra_context or {}))

    def save_model(self, request, obj, form, change):
        values = {name: form.cleaned_data[name] for name in VALUES}
        key, text = api_keys.create_api_key(**values)
        obj.prefix = key.prefix
        obj.refresh_from_db()
        request.new_key_text = text

    def response_add(self, request, obj, post_url_continue=None):
        """Redirect to the page that shows the key once, so that a reload neither shows it again nor makes another."""
        url = reverse("admin:conversations_apikey_copy", args=[obj.prefix])
        response = HttpResponseRedirect(url)
        shown_once.hand_over(request, response, request.new_key_text, path=url)
        return response

    def get_urls(self):
        copy_view = self.admin_site.admin_view(self.copy_view)
        return [path("<slug:prefix>/copy/", copy_view, name="conversations_apikey_copy"), *super().get_urls()]

    @method_decorator(require_GET)  # HEAD would take the key, and show it to nobody
    def copy_view(self, request, prefix):
        """GET <prefix>/copy/: show a new key once."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        key = get_object_or_404(ApiKey, prefix=prefix)
        context = {
            "title": gettext("Copy the key now"),
            "opts": self.opts,
            "key": shown_once.take(request),
            "key_name": str(key),
            "list_url": reverse("admin:conversations_apikey_changelist"),
        }
        response = TemplateResponse(request, "admin/new_key.html", self.admin_site.each_context(request) | context)
        response.delete_cookie(shown_once.NAME, path=request.path, samesite="Strict")
        return response

    @admin.display(description=_("user"))
    def owner_link(self, key):
        if key.owner_id is None:
            return _("service")
        # The search and not the user's own page, which is there only once the user has a list.
        owner_url = reverse("admin:conversations_owner_changelist", query={"q": key.owner_id})
        return format_html('<a href="{}">{}</a>', owner_url, key.owner_id)

    @admin.display(description=_("scopes"))
    def granted(self, key):
        return ", ".join(scope for scope in api_keys.SCOPES if getattr(key, f"can_{scope}"))

    @admin.display(description=_("state"))
    def state(self, key):
        if key.revoked_at:
            return _("revoked")
        return _("expired") if key.expires_at and key.expires_at <= timezone.now() else _("valid")

    @admin.action(description=_("Revoke selected keys"), permissions=["change"])
    def revoke(self, request, queryset):
        valid = [key for key in queryset[:MAX_COUNTED] if not key.revoked_at]
        for key in valid:
            with transaction.atomic():
                api_keys.revoke(key.prefix)
                self.log_change(request, key, changed_message("revoked false → true"))
        text = ngettext("%(count)d key was revoked.", "%(count)d keys were revoked.", len(valid))
        self.message_user(request, text % {"count": len(valid)}, messages.SUCCESS)
