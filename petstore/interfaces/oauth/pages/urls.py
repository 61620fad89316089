from django.urls import path

from petstore.interfaces.oauth.pages.consent import show_consent_page
from petstore.interfaces.oauth.pages.device import show_device_page
from petstore.interfaces.oauth.pages.granted import show_granted_page
from petstore.interfaces.oauth.pages.login import log_out_here, show_login_page
from petstore.interfaces.oauth.pages.support import serve_support_session

urlpatterns = [
    path("login", show_login_page, name="oauth_login"),
    path("logout", log_out_here, name="oauth_logout"),
    path("authorize", show_consent_page, name="oauth_authorize"),
    path("device", show_device_page, name="oauth_device"),
    path("support/session", serve_support_session, name="oauth_support"),
    path("granted", show_granted_page, name="oauth_granted"),
]
