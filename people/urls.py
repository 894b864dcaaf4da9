"""The addresses of this room."""

from django.urls import path

from people.views import entrance, letters, me, members, teams

app_name = "people"
urlpatterns = [
    path("sign-in/", entrance.sign_in, name="sign_in"),
    path("sign-in/demo/", entrance.demo_sign_in, name="demo_sign_in"),
    path("sign-out/", entrance.sign_out, name="sign_out"),
    path("sign-in/reset/", letters.reset, name="reset"),
    path("sign-in/reset/sent/", letters.reset_sent, name="reset_sent"),
    path("sign-in/reset/<str:uid>/<str:token>/", letters.reset_confirm, name="reset_confirm"),
    path("invitation/<str:token>/", letters.invited, name="invited"),
    path("me/", me.me, name="me"),
    path("me/password/", me.password, name="password"),
    path("me/tokens/", me.token_create, name="token_create"),
    path("me/tokens/revoke/", me.token_revoke, name="token_revoke"),
    path("people/", members.people, name="people"),
    path("people/invite/", members.invite, name="invite"),
    path("people/invite/again/", members.invite_again, name="invite_again"),
    path("people/invite/revoke/", members.invite_revoke, name="invite_revoke"),
    path("people/<int:pk>/", members.member, name="member"),
    path("people/<int:pk>/invite/", members.let_in, name="let_in"),
    path("people/<int:pk>/deactivate/", members.deactivate, name="deactivate"),
    path("people/<int:pk>/reactivate/", members.reactivate, name="reactivate"),
    path("people/teams/", teams.teams, name="teams"),
    path("people/teams/<slug:slug>/", teams.team, name="team"),
    path("people/teams/<slug:slug>/remove/", teams.team_remove, name="team_remove"),
    path("people/new-team/", teams.team, name="team_new"),
    path("people/areas/<int:pk>/", teams.area, name="area"),
    path("people/areas/<int:pk>/remove/", teams.area_remove, name="area_remove"),
    path("people/new-area/", teams.area, name="area_new"),
]
