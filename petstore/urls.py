from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.static import serve

from petstore.landing import landing

handler400 = "petstore.api.errors.bad_request"
handler403 = "petstore.api.errors.permission_denied"
handler404 = "petstore.api.errors.not_found"
handler500 = "petstore.api.errors.server_error"

urlpatterns = [
    path("", landing, name="landing"),
    path("v1/", include("petstore.api.urls")),
    path("admin/", admin.site.urls),
    path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}),
]
