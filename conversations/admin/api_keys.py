"""API keys in the admin: create, show once, revoke."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Q
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from conversations.access import api_keys, permissions
from conversations.admin.big_tables import MAX_COUNTED, BigTableAdmin
from conversations.exceptions import InvalidParameter
from conversations.models import ApiKey
from conversations.staff.action_log import changed_message


class NewKeyForm(forms.ModelForm):
    """The values that `api_keys.create_api_key` takes."""

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
        fields = ("name", "owner_id", "scopes", "expires_at")

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
        if not self.errors:
            try:
                api_keys.check_new_key(**{name: values[name] for name in self.Meta.fields})
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
        return ("name", "expires_at", *self.readonly_fields) if obj else NewKeyForm.Meta.fields

    def get_readonly_fields(self, request, obj=None):
        return self.readonly_fields if obj else ()

    def get_search_results(self, request, queryset, search_term):
        matching = Q(prefix=search_term) | Q(owner_id=search_term) | Q(name__icontains=search_term)
        return (queryset.filter(matching) if search_term else queryset), False

    def has_add_permission(self, request):
        return admin.ModelAdmin.has_add_permission(self, request)

    def save_model(self, request, obj, form, change):
        values = {name: form.cleaned_data[name] for name in NewKeyForm.Meta.fields}
        key, text = api_keys.create_api_key(**values)
        obj.prefix = key.prefix
        obj.refresh_from_db()
        obj.shown_once = text

    def response_add(self, request, obj, post_url_continue=None):
        """Show the key in the response itself: a message would put it in a cookie or the session until it is shown."""
        context = {
            "title": gettext("Copy the key now"),
            "opts": self.opts,
            "key": obj.shown_once,
            "list_url": reverse("admin:conversations_apikey_changelist"),
        }
        return TemplateResponse(request, "admin/new_key.html", self.admin_site.each_context(request) | context)

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
