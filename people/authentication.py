"""How a request says who it is from: by its session, or by a personal token."""

from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.backends import ModelBackend
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from people import actions, queries
from people.models import Person, PersonalToken
from portal.common import clock


class PasswordBackend(ModelBackend):
    """Signs in by address and password, and loads the person of a session with their roles in one query.

    The demo's people, whose password is published, are nobody outside the demo.
    """

    def user_can_authenticate(self, user: Any) -> bool:
        return super().user_can_authenticate(user) and queries.may_come_in(user.email)

    def get_user(self, user_id: Any) -> Person | None:
        return queries.signed_in(user_id, clock.now())

    async def aget_user(self, user_id: Any) -> Person | None:
        return await sync_to_async(self.get_user)(user_id)


class PersonalTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer setp_…`. A token that is wrong, revoked or expired is refused, never passed over."""

    keyword = "Bearer"

    def authenticate(self, request: Request) -> tuple[Person, PersonalToken] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != self.keyword.lower().encode():
            return None
        if len(words) != 2:
            raise AuthenticationFailed("The header is: Authorization: Bearer <token>.")
        at = clock.now()
        token = queries.token_of(words[1].decode("latin-1"), at)
        person = queries.signed_in(token.person_id, at) if token else None
        if token is None or person is None:
            raise AuthenticationFailed("This token is not known here, has expired, or was revoked.")
        actions.token_used(token=token, at=at)
        return person, token

    def authenticate_header(self, request: Request) -> str:
        return f'{self.keyword} realm="SET portal"'


class PersonalTokenThrottle(SimpleRateThrottle):
    """A script that runs wild is told to wait (429), and nobody else is. Counted in the cache, which fails open."""

    scope = "token"
    rate = "600/min"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        return f"people:asked:{request.auth.person_id}" if isinstance(request.auth, PersonalToken) else None


class PersonalTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tells the schema's readers about the header."""

    target_class = "people.authentication.PersonalTokenAuthentication"
    name = "personalToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http", "scheme": "bearer", "bearerFormat": "setp_…",
            "description": "A personal token, made on your page (/me/).",
        }
