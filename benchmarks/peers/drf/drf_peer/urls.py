"""The routes: one router, one token view."""

from django.urls import include, path
from rest_framework.routers import DefaultRouter
from rest_framework_simplejwt.views import TokenObtainPairView

from shop.views import OrderViewSet, PetViewSet

router = DefaultRouter(trailing_slash=False)
router.register("orders", OrderViewSet, basename="order")
router.register("pets", PetViewSet, basename="pet")

urlpatterns = [
    path("v1/auth/tokens", TokenObtainPairView.as_view()),
    path("v1/", include(router.urls)),
]
