"""The site's URLs."""

from django.contrib import admin
from django.urls import include, path, re_path

from conversations.api.errors import unknown_address
from conversations.api.fast_path import WEBHOOK_ROUTE
from conversations.api.index import index
from conversations.api.openapi.views import DocumentationView, SchemaView
from conversations.api.vendor_rest.door import vendor_rest
from conversations.api.webhook import tencent
from imsite.handlers import unknown_page

urlpatterns = [
    re_path(r"^api(?:/v1)?/?$", index, name="api-index"),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path("api/docs/", DocumentationView.as_view(), name="docs"),
    path("api/v1/", include("conversations.api.urls")),
    re_path(r"^api(?:/|$)", unknown_address),
    re_path(WEBHOOK_ROUTE, tencent, name="callbacks-tencent"),
    re_path(r"^v4(?:/|$)", vendor_rest),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("conversations.pages.urls")),
    re_path("", unknown_page),
]

handler400 = "imsite.handlers.bad_request"
handler403 = "imsite.handlers.permission_denied"
handler404 = "imsite.handlers.page_not_found"
handler500 = "imsite.handlers.server_error"
