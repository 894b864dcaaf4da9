"""The portal's addresses and the plain page's."""

from django.urls import path

from bench.plain.views import plain
from portal.urls import handler400, handler403, handler404, handler500
from portal.urls import urlpatterns as portals

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [*portals, path("bench/plain/<int:cards>/", plain, name="plain")]
