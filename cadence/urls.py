"""The addresses of this room."""

from django.urls import path

from cadence import views

app_name = "cadence"
urlpatterns = [
    path("calendar/", views.calendar, name="calendar"),
    path("calendar/holidays/new/", views.holiday_new, name="holiday_new"),
    path("calendar/holidays/<int:pk>/", views.holiday, name="holiday"),
    path("calendar/holidays/<int:pk>/take-out/", views.holiday_take_out, name="holiday_take_out"),
    path("calendar/meetings/<slug:slug>/", views.meeting, name="meeting"),
    path("calendar/milestones/<slug:slug>/", views.milestone, name="milestone"),
]
