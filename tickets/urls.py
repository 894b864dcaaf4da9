"""This room's addresses."""

from django.urls import path

from tickets.views import board, listing, live, sync, ticket

app_name = "tickets"
urlpatterns = [
    path("board/", board.board, name="board"),
    path("board/live/", live.board, name="board_live"),
    path("tickets/", listing.listing, name="list"),
    path("tickets/<str:key>/", ticket.ticket, name="ticket"),
    path("sync/", sync.sync, name="sync"),
    path("sync/live/", live.sync, name="sync_live"),
    path("sync/run/", sync.run, name="sync_run"),
    path("sync/census/", sync.confirm_census, name="census_confirm"),
    path("sync/mapping/", sync.save_mapping, name="mapping_save"),
    path("sync/mapping/accept/", sync.accept_mapping, name="mapping_accept"),
]
