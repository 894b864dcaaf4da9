"""Every address of the portal."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from customers.api import api_routes as customers_api
from escalations.api import api_routes as escalations_api
from incidents.api import api_routes as incidents_api
from people.api import api_routes as people_api
from portal import webhooks
from portal.pages import hand_over, outbox
from portal.pages import strip as strips
from portal.pages import views as pages
from set_rotation.api import api_routes as set_rotation_api
from tickets.api import api_routes as tickets_api

router = SimpleRouter()
for prefix, viewset, basename in (
    *people_api, *customers_api, *set_rotation_api, *tickets_api, *escalations_api, *incidents_api,
):
    router.register(prefix, viewset, basename=basename)

handler400 = "portal.pages.views.bad_request"
handler403 = "portal.pages.views.forbidden"
handler404 = "portal.pages.views.not_found"
handler500 = "portal.pages.views.broken"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.home, name="home"),
    path("healthz", pages.healthz, name="healthz"),
    path("readyz", pages.readyz, name="readyz"),
    path("strip/", strips.strip, name="strip"),
    path("", include("people.urls")),
    path("", include("cadence.urls")),
    path("", include("customers.urls")),
    path("", include("set_rotation.urls")),
    path("", include("tickets.urls")),
    path("", include("escalations.urls")),
    path("", include("incidents.urls")),
    path("hand-over/", hand_over.present, name="hand_over_now"),
    path("hand-over/past/", hand_over.past, name="hand_over_past"),
    path("hand-over/live/", hand_over.hand_over_live, name="hand_over_live"),
    path("hand-over/<int:number>/", hand_over.page, name="hand_over"),
    path("hand-over/<int:number>/draft/", hand_over.draft, name="hand_over_draft"),
    path("hand-over/<int:number>/text/", hand_over.text, name="hand_over_text"),
    path("hand-over/<int:number>/preview/", hand_over.preview, name="hand_over_preview"),
    path("hand-over/<int:number>/choose/", hand_over.choose, name="hand_over_choose"),
    path("hand-over/<int:number>/write/", hand_over.write, name="hand_over_write"),
    path("hand-over/<int:number>/give/", hand_over.give, name="hand_over_give"),
    path("hand-over/<int:number>/take/", hand_over.take, name="hand_over_take"),
    path("hand-over/<int:number>/note/", hand_over.note, name="hand_over_note"),
    path("hand-over/<int:number>/post/", hand_over.post, name="hand_over_post"),
    path("outbox/", outbox.page, name="outbox"),
    path("outbox/live/", outbox.outbox_live, name="outbox_live"),
    path("outbox/<int:pk>/receipt/", outbox.receipt_of, name="outbox_receipt"),
    path("outbox/<int:pk>/retry/", outbox.retry, name="outbox_retry"),
    path("outbox/<int:pk>/drop/", outbox.drop, name="outbox_drop"),
    path("webhooks/jira/", webhooks.jira, name="webhook_jira"),
    path("webhooks/mail/", webhooks.mail, name="webhook_mail"),
    path("webhooks/mail/mime/", webhooks.mail, name="webhook_mail_mime"),
    path("api/v1/", include((router.urls, "api"))),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api_docs"),
]
