"""The routes of the AsyncAPI document, below those of REST."""

from django.urls import path

from petstore.interfaces.asyncapi.views import AsyncApiJsonView, AsyncApiYamlView, LiveDocsView

urlpatterns = [
    path("asyncapi.json", AsyncApiJsonView.as_view(), name="asyncapi-json"),
    path("asyncapi.yaml", AsyncApiYamlView.as_view(), name="asyncapi-yaml"),
    path("docs/live", LiveDocsView.as_view(), name="docs-live"),
]
