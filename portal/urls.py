"""Every address of the portal."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from people.api import api_routes as people_api
from portal import webhooks
from portal.pages import outbox
from portal.pages import views as pages
from set_rotation.api import api_routes as set_rotation_api
from tickets.api import api_routes as tickets_api

router = SimpleRouter()
for prefix, viewset, basename in (*people_api, *set_rotation_api, *tickets_api):
    router.register(prefix, viewset, basename=basename)

handler400 = "portal.pages.views.bad_request"
handler403 = "portal.pages.views.forbidden"
handler404 = "portal.pages.views.not_found"
handler500 = "portal.pages.views.broken"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.home, name="home"),
    path("healthz", pages.healthz, name="healthz"),
    path("readyz", pages.readyz, name="readyz"),
    path("", include("people.urls")),
    path("", include("cadence.urls")),
    path("", include("set_rotation.urls")),
    path("", include("tickets.urls")),
    path("outbox/", outbox.page, name="outbox"),
    path("outbox/live/", outbox.outbox_live, name="outbox_live"),
    path("outbox/<int:pk>/receipt/", outbox.receipt_of, name="outbox_receipt"),
    path("outbox/<int:pk>/retry/", outbox.retry, name="outbox_retry"),
    path("outbox/<int:pk>/drop/", outbox.drop, name="outbox_drop"),
    path("webhooks/jira/", webhooks.jira, name="webhook_jira"),
    path("api/v1/", include((router.urls, "api"))),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api_docs"),
]
