from django.urls import include, path

from petstore.interfaces.oauth.endpoints import authorize_device, introspect_token, issue_tokens, revoke_token

urlpatterns = [
    path("token", issue_tokens),
    path("device/authorize", authorize_device),
    path("revoke", revoke_token),
    path("introspect", introspect_token),
    path("", include("petstore.interfaces.oauth.pages.urls")),
]
