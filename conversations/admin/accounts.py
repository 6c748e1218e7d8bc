"""Staff accounts and their groups: Django's own pages, with permissions in the reader's language."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Case, QuerySet, Value, When
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from conversations.access.permissions import GROUPS
from conversations.admin_site.site import name_of

# Django makes these four permissions for each table, and names them in English.
DEFAULT_PERMISSIONS = {
    "add": _("Can add %(table)s"),
    "change": _("Can change %(table)s"),
    "delete": _("Can delete %(table)s"),
    "view": _("Can view %(table)s"),
}
# What permissions allow here, by codename, in the order in which staff get them. No other has an effect on the pages.
IN_PLAIN_WORDS = {
    "view_conversation": _("View conversation lists, without texts"),
    "read_text": _("Read message texts"),
    "change_conversation": _("Correct conversation lists"),
    "view_owner": _("Open users in the admin"),
    "view_message": _("Open messages in the admin"),
    "view_group": _("Open chat groups in the admin"),
    "view_groupmember": _("Open group members in the admin"),
    "view_webhookevent": _("Open received webhooks in the admin"),
    "change_webhookevent": _("Replay received webhooks"),
    "view_refusedwebhooks": _("See how many webhooks were refused"),
    "view_across_users": _("Search conversations across users"),
    "share_view": _("Share saved views with all staff"),
    "view_accesslogentry": _("See who viewed whose list (access log)"),
    "view_loginlogentry": _("See logins and lock-outs (login log)"),
    "check_usersig": _("Check UserSigs"),
    "view_apikey": _("See API keys"),
    "add_apikey": _("Create API keys"),
    "change_apikey": _("Revoke API keys"),
}
GROUPS_IN_PLAIN_WORDS = {
    GROUPS["support"]: _("Support: views lists and reads texts"),
    GROUPS["editor"]: _("Editor: also corrects lists"),
    GROUPS["lead"]: _("Lead: also sees who did what"),
}


def permission_display(permission: Permission) -> str:
    """Return what a permission allows; of one that is not in IN_PLAIN_WORDS its app, table and name, translated."""
    content_type = permission.content_type
    if content_type.app_label == "conversations" and permission.codename in IN_PLAIN_WORDS:
        return f"{IN_PLAIN_WORDS[permission.codename]} ({permission.codename})"
    model = content_type.model_class()
    if model is None:  # a table that is gone
        return str(permission)
    action, _sign, table = permission.codename.partition("_")
    is_default = action in model._meta.default_permissions and table == content_type.model
    name = DEFAULT_PERMISSIONS[action] % {"table": model._meta.verbose_name} if is_default else gettext(permission.name)
    return f"{model._meta.app_config.verbose_name} | {model._meta.verbose_name} | {name}"


class PermissionsField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Permission) -> str:
        return permission_display(obj)


class GroupsField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Group) -> str:
        return str(GROUPS_IN_PLAIN_WORDS.get(obj.name, obj.name))


def permissions_in_order() -> QuerySet[Permission]:
    """Return all permissions: first those in IN_PLAIN_WORDS in their order, then this site's others, then Django's."""
    ours = {"content_type__app_label": "conversations"}
    ranks = [When(**ours, codename=codename, then=Value(rank)) for rank, codename in enumerate(IN_PLAIN_WORDS)]
    rank = Case(*ranks, When(**ours, then=Value(len(ranks))), default=Value(len(ranks) + 1))
    return Permission.objects.select_related("content_type").order_by(
        rank, "content_type__app_label", "content_type__model", "codename"
    )


def groups_in_order() -> QuerySet[Group]:
    """Return all groups of staff: first the built-in ones, each of which may more than the one before."""
    ranks = [When(name=name, then=Value(rank)) for rank, name in enumerate(GROUPS_IN_PLAIN_WORDS)]
    return Group.objects.order_by(Case(*ranks, default=Value(len(ranks))), "name")


class TranslatedPermissions(admin.ModelAdmin):
    """A form that shows permissions and groups in plain words, this site's own first."""

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"table_name": name_of(self.model)} | (extra_context or {}))

    def formfield_for_manytomany(self, db_field, request=None, **kwargs: Any):
        if db_field.related_model is Permission:
            kwargs |= {"form_class": PermissionsField, "queryset": permissions_in_order()}
        if db_field.related_model is Group:
            kwargs |= {"form_class": GroupsField, "queryset": groups_in_order()}
        return super().formfield_for_manytomany(db_field, request, **kwargs)


admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class StaffAccountAdmin(TranslatedPermissions, UserAdmin):
    """A staff account; "user" means a user of the app elsewhere.

    The form for a new one has staff status ticked, and asks for the groups as well.
    """

    add_fieldsets = (*UserAdmin.add_fieldsets, (None, {"fields": ("is_staff", "groups")}))

    def get_changeform_initial_data(self, request):
        return {"is_staff": True} | super().get_changeform_initial_data(request)


@admin.register(Group)
class StaffGroupAdmin(TranslatedPermissions, GroupAdmin):
    """A group of staff accounts with common permissions."""
