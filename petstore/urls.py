from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path

from petstore.interfaces.graphql.views import serve_graphql
from petstore.interfaces.mcp.views import serve_mcp
from petstore.interfaces.pages.landing_page import show_landing_page
from petstore.interfaces.pages.media import PATTERN, serve_media_file
from petstore.interfaces.pages.passwords import show_new_password_page
from petstore.interfaces.pages.receipts import show_receipt_page
from petstore.interfaces.pages.support import show_support_page
from petstore.interfaces.pages.tracked_orders import show_tracking_page, stream_tracking_events
from petstore.interfaces.soap.views import serve_soap
from petstore.interfaces.socketio.views import serve_polling

handler400 = "petstore.interfaces.http.error_handlers.handle_bad_request"
handler403 = "petstore.interfaces.http.error_handlers.handle_permission_denied"
handler404 = "petstore.interfaces.http.error_handlers.handle_not_found"
handler500 = "petstore.interfaces.http.error_handlers.handle_server_error"

urlpatterns = [
    path(settings.GRAPHQL_PATH.lstrip("/"), serve_graphql, name="graphql"),
    path(settings.API_PREFIX.lstrip("/"), include("petstore.interfaces.rest.urls")),
    path(settings.API_PREFIX.lstrip("/"), include("petstore.interfaces.asyncapi.urls")),
    path(settings.MCP_PATH.lstrip("/"), serve_mcp, name="mcp"),
    path(settings.SOAP_PATH.lstrip("/"), serve_soap, name="soap"),
    path(settings.SOCKET_IO_PATH.lstrip("/"), serve_polling, name="socketio"),
    path("", show_landing_page, name="landing"),
    path("", include("petstore.interfaces.monitoring.urls")),
    path("password/<uuid:user_id>/<str:token>", show_new_password_page, name="new_password"),
    path("receipts/<uuid:receipt_id>/<str:key>", show_receipt_page, name="receipt"),
    path("support", show_support_page, name="support"),
    path("track/<uuid:order_id>/<str:key>", show_tracking_page, name="track"),
    path("track/<uuid:order_id>/<str:key>/events", stream_tracking_events, name="track_events"),
    path(settings.OAUTH_PREFIX.lstrip("/"), include("petstore.interfaces.oauth.urls")),
    path(".well-known/", include("petstore.interfaces.oauth.well_known")),
    path(settings.BACK_OFFICE_PREFIX.lstrip("/"), admin.site.urls),
    re_path(PATTERN, serve_media_file, name="media"),
]
