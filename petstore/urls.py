from django.contrib import admin
from django.urls import include, path, re_path

from petstore.landing import landing
from petstore.media import PATTERN, media
from petstore.passwords import new_password
from petstore.receipts import receipt_page

handler400 = "petstore.api.errors.bad_request"
handler403 = "petstore.api.errors.permission_denied"
handler404 = "petstore.api.errors.not_found"
handler500 = "petstore.api.errors.server_error"

urlpatterns = [
    path("v1/", include("petstore.api.urls")),
    path("", landing, name="landing"),
    path("", include("petstore.operations.urls")),
    path("password/<uuid:user_id>/<str:token>", new_password, name="new_password"),
    path("receipts/<uuid:receipt_id>/<str:key>", receipt_page, name="receipt"),
    path("admin/", admin.site.urls),
    re_path(PATTERN, media, name="media"),
]
