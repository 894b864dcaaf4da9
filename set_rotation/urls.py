"""The addresses of this room."""

from django.urls import path

from set_rotation.views import changing, cycle, on_call, page_links, pages, rotations

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
    path("rotations/cycle/", cycle.present, name="cycle_now"),
    path("rotations/<int:number>/cycle/", cycle.cycle, name="cycle"),
    path("rotations/<int:number>/cycle/tick/", cycle.tick, name="cycle_tick"),
    path("rotations/<int:number>/cycle/add/", cycle.add, name="cycle_add"),
    path("rotations/<int:number>/cycle/retire/", cycle.retire, name="cycle_retire"),
    path("pages/", pages.pages, name="pages"),
    path("pages/live/", pages.pages_live, name="pages_live"),
    path("pages/new/", pages.page_new, name="page_new"),
    path("pages/policies/", pages.page_policies, name="page_policies"),
    path("pages/<int:pk>/", pages.page, name="page"),
    path("pages/<int:pk>/live/", pages.page_live, name="page_live"),
    path("pages/<int:pk>/answer/", pages.page_answer, name="page_answer"),
    path("p/<str:token>/", page_links.page_link, name="page_link"),
]
