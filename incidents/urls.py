"""The addresses of this room."""

from django.urls import URLPattern, URLResolver, path

from incidents.views import listing, page

app_name = "incidents"
urlpatterns: list[URLPattern | URLResolver] = [
    path("incidents/", listing.listing, name="list"),
    path("incidents/I-<int:number>/", page.incident, name="incident"),
    path("incidents/I-<int:number>/live/", page.incident_live, name="live"),
]
