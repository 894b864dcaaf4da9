"""This room's addresses."""

from django.urls import path

from tickets.views import board, kanban, listing, live, priority, sync, ticket, viewers

app_name = "tickets"
urlpatterns = [
    path("board/", board.board, name="board"),
    path("board/pull/", kanban.pull, name="pull"),
    path("board/meeting/", kanban.meeting, name="meeting"),
    path("board/limits/", kanban.limits, name="limits"),
    path("board/priority/", priority.priority, name="priority"),
    path("board/order/", priority.order, name="order"),
    path("board/live/", live.board, name="board_live"),
    path("tickets/", listing.listing, name="list"),
    path("tickets/<str:key>/", ticket.ticket, name="ticket"),
    path("tickets/<str:key>/block/", kanban.block, name="block"),
    path("tickets/<str:key>/unblock/", kanban.unblock, name="unblock"),
    path("tickets/<str:key>/thread/", kanban.thread, name="thread"),
    path("tickets/<str:key>/here/", viewers.here, name="here"),
    path("sync/", sync.sync, name="sync"),
    path("sync/live/", live.sync, name="sync_live"),
    path("sync/run/", sync.run, name="sync_run"),
    path("sync/census/", sync.confirm_census, name="census_confirm"),
    path("sync/mapping/", sync.save_mapping, name="mapping_save"),
    path("sync/mapping/accept/", sync.accept_mapping, name="mapping_accept"),
]
