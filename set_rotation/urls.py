"""The addresses of this room."""

from django.urls import path

from set_rotation.views import changing, on_call, rotations

app_name = "set_rotation"
urlpatterns = [
    path("on-call/", on_call.on_call, name="on_call"),
    path("on-call/live/", on_call.on_call_live, name="on_call_live"),
    path("rotations/", rotations.rotations, name="rotations"),
    path("rotations/export.csv", rotations.export, name="rotations_export"),
    path("rotations/new/", rotations.new, name="rotation_new"),
    path("rotations/schedule/", rotations.schedule, name="rotation_schedule"),
    path("rotations/change/", changing.change, name="rotation_change"),
    path("rotations/places/<int:pk>/", changing.place, name="rotation_place"),
    path("rotations/<int:number>/", rotations.rotation, name="rotation"),
]
