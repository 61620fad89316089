from django.urls import path

from petstore.interfaces.oauth.pages.granted import show_granted_page
from petstore.interfaces.oauth.pages.login import log_out_here, show_login_page

urlpatterns = [
    path("login", show_login_page, name="oauth_login"),
    path("logout", log_out_here, name="oauth_logout"),
    path("granted", show_granted_page, name="oauth_granted"),
]
