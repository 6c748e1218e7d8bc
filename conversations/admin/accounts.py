"""Staff accounts and their groups: Django's own pages, with permissions in the reader's language."""

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# Django makes these four permissions for each table, and names them in English.
DEFAULT_PERMISSIONS = {
    "add": _("Can add %(table)s"),
    "change": _("Can change %(table)s"),
    "delete": _("Can delete %(table)s"),
    "view": _("Can view %(table)s"),
}


def permission_display(permission: Permission) -> str:
    """Return a permission's app, table and name, translated."""
    content_type = permission.content_type
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


class TranslatedPermissions(admin.ModelAdmin):
    """A form that shows permissions in the reader's language."""

    def formfield_for_manytomany(self, db_field, request=None, **kwargs):
        if db_field.related_model is Permission:
            kwargs["form_class"] = PermissionsField
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
