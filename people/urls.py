"""The addresses of this room."""

from django.urls import path

from people.views import entrance, letters

app_name = "people"
urlpatterns = [
    path("sign-in/", entrance.sign_in, name="sign_in"),
    path("sign-in/demo/", entrance.demo_sign_in, name="demo_sign_in"),
    path("sign-out/", entrance.sign_out, name="sign_out"),
    path("sign-in/reset/", letters.reset, name="reset"),
    path("sign-in/reset/sent/", letters.reset_sent, name="reset_sent"),
    path("sign-in/reset/<str:uid>/<str:token>/", letters.reset_confirm, name="reset_confirm"),
    path("invitation/<str:token>/", letters.invited, name="invited"),
]
