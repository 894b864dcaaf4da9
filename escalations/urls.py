"""The addresses of this room."""

from django.urls import URLPattern, URLResolver, path

from escalations.views import composing, responses

app_name = "escalations"
urlpatterns: list[URLPattern | URLResolver] = [
    path("responses/", responses.responses, name="responses"),
    path("responses/new/", responses.add, name="response_new"),
    path("responses/order/", responses.order, name="response_order"),
    path("responses/compose/", composing.compose_any, name="compose_any"),
    path("responses/<slug:slug>/", responses.response, name="response"),
    path("responses/<slug:slug>/edit/", responses.edit, name="response_edit"),
    path("responses/<slug:slug>/restore/", responses.restore, name="response_restore"),
    path("responses/<slug:slug>/archive/", responses.archive, name="response_archive"),
    path("escalations/E-<int:number>/compose/", composing.compose, name="compose"),
]
