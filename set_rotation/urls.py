"""The addresses of this room."""

from django.urls import path

from set_rotation.views import on_call

app_name = "set_rotation"
urlpatterns = [
    path("on-call/", on_call.on_call, name="on_call"),
]
