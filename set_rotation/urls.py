"""The addresses of this room."""

from django.urls import path

from set_rotation.views import calendars, changing, cycle, on_call, page_links, pages, reach, readiness, rotations

app_name = "set_rotation"
urlpatterns = [
    path("on-call/", on_call.on_call, name="on_call"),
    path("on-call/live/", on_call.on_call_live, name="on_call_live"),
    path("on-call/calendars/", calendars.calendars, name="calendars"),
    path("on-call/calendars/make/", calendars.make, name="calendar_make"),
    path("on-call/calendars/revoke/", calendars.revoke, name="calendar_revoke"),
    path("on-call/calendars/sprints/<slug:slug>/", calendars.sprint, name="sprint_planning"),
    path("calendars/<str:token>.ics", calendars.feed, name="calendar_feed"),
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
    path("rotations/readiness/", readiness.readiness, name="readiness"),
    path("rotations/readiness/live/", readiness.readiness_live, name="readiness_live"),
    path("rotations/readiness/test/", readiness.page_untested, name="readiness_test"),
    path("rotations/readiness/remind/", readiness.remind, name="readiness_remind"),
    path("me/reach/", reach.reach, name="reach"),
    path("me/reach/add/", reach.add, name="reach_add"),
    path("me/reach/<int:pk>/remove/", reach.remove, name="reach_remove"),
    path("me/reach/<int:pk>/back/", reach.back, name="reach_back"),
    path("me/reach/steps/<str:name>/", reach.ladder, name="reach_ladder"),
    path("me/reach/test/", reach.test, name="reach_test"),
    path("me/reach/notices/", reach.notices, name="reach_notices"),
    path("people/<int:pk>/reach/", reach.reach_of, name="reach_of"),
    path("pages/", pages.pages, name="pages"),
    path("pages/live/", pages.pages_live, name="pages_live"),
    path("pages/new/", pages.page_new, name="page_new"),
    path("pages/policies/", pages.page_policies, name="page_policies"),
    path("pages/<int:pk>/", pages.page, name="page"),
    path("pages/<int:pk>/live/", pages.page_live, name="page_live"),
    path("pages/<int:pk>/answer/", pages.page_answer, name="page_answer"),
    path("p/<str:token>/", page_links.page_link, name="page_link"),
]
