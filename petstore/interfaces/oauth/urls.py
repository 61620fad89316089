from django.urls import include, path

urlpatterns = [
    path("", include("petstore.interfaces.oauth.pages.urls")),
]
