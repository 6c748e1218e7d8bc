"""The OpenAPI document and its page, from files of our own and under a strict CSP."""

from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView


class SchemaView(SpectacularAPIView):
    """The OpenAPI document; anyone may read it."""

    authentication_classes = permission_classes = ()

    @extend_schema(exclude=True)
    def get(self, request, *args, **kwargs):
        # The base class would also take any ?lang= for a language, and keep a catalogue for each for good.
        return self._get_schema_response(request)

    def _get_version_parameter(self, request) -> None:
        """There is one version; ?version= would go into a header as it is."""


class DocumentationView(SpectacularSwaggerSplitView):
    """Swagger UI for the API; anyone may read it, a credential is needed to try it."""

    authentication_classes = permission_classes = ()
    url_name = "schema"
    template_name = "conversations/api_docs.html"
