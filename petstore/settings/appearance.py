"""Appearance of the back office (django-unfold's UNFOLD setting)."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy


def _find_stylesheet(_request: object) -> str:
    return static("petstore/backoffice.css")


def _find_keyboard_script(_request: object) -> str:
    return static("petstore/keyboard.js")


def _find_favicon(_request: object) -> str:
    return static("petstore/paw.svg")


def _link_page(title: str, icon: str, name: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(name)}


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Pet Store",
    "SITE_HEADER": "Pet Store",
    "SITE_SUBHEADER": "Back office",
    "SITE_SYMBOL": "pets",
    "SITE_URL": "/",
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "petstore.interfaces.backoffice.dashboard.build_dashboard_context",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _find_favicon}],
    "STYLES": [_find_stylesheet],
    "SCRIPTS": [_find_keyboard_script],
    "SIDEBAR": {
        "navigation": [
            {
                "title": "Store",
                "items": [
                    _link_page("Dashboard", "dashboard", "admin:index"),
                    _link_page("Orders", "shopping_bag", "admin:orders_order_changelist"),
                    _link_page("Payments", "payments", "admin:payments_payment_changelist"),
                    _link_page("Pets", "pets", "admin:pets_pet_changelist"),
                    {
                        **_link_page("Support rooms", "forum", "admin:chat_room_changelist"),
                        "badge": "petstore.interfaces.backoffice.rooms.count_waiting_badge",
                        "badge_variant": "warning",
                    },
                ],
            },
            {
                "title": "People",
                "items": [
                    _link_page("Users", "group", "admin:accounts_user_changelist"),
                    _link_page("Tenants", "storefront", "admin:tenants_tenant_changelist"),
                ],
            },
            {
                "title": "Developers",
                "items": [_link_page("Applications", "apps", "admin:applications_application_changelist")],
            },
            {
                "title": "Webhooks",
                "items": [
                    _link_page("Endpoints", "webhook", "admin:webhooks_endpoint_changelist"),
                    _link_page("Deliveries", "outbox", "admin:webhooks_delivery_changelist"),
                ],
            },
            {
                "title": "Record",
                "items": [_link_page("Journal", "history", "admin:events_auditevent_changelist")],
            },
        ],
    },
}
