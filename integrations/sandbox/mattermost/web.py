"""What every Mattermost endpoint shares."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from integrations.sandbox.mattermost.store import ChatStore, Doc

TOKEN = "sandbox-mattermost-token"  # noqa: S105  # known to everybody: it opens nothing but this


class ChatError(Exception):
    """An answer that is an error, in Mattermost's form."""

    def __init__(self, status: int, key: str, message: str) -> None:
        """Keep what the form shows."""
        super().__init__(message)
        self.status, self.key = status, key


@dataclass
class Call:
    """One authenticated request."""

    store: ChatStore
    request: Request
    me: Doc
    body: Any

    def path(self, name: str) -> str:
        """Return a part of the path; "me" is the caller."""
        value = str(self.request.path_params[name])
        return str(self.me["id"]) if name == "user" and value == "me" else value

    def get(self, kind: str) -> Doc:
        """Return the document that the path names, or refuse with 404."""
        doc = self.store.docs[kind].get(self.path(kind))
        if doc is None or (kind == "post" and doc["delete_at"]):
            raise missing(kind)
        return doc

    def number(self, name: str, default: int) -> int:
        """Read a whole number from the query."""
        try:
            return int(self.request.query_params.get(name, default))
        except ValueError:
            raise bad(name) from None

    def object(self) -> Doc:
        """Return the body, which must be a JSON object."""
        if not isinstance(self.body, dict):
            raise bad("body")
        return self.body

    def strings(self) -> list[str]:
        """Return the body, which must be a list of texts."""
        if not isinstance(self.body, list) or not all(isinstance(entry, str) for entry in self.body):
            raise bad("body")
        return self.body


def missing(kind: str) -> ChatError:
    """Make the 404 for something that is not there."""
    return ChatError(404, f"app.{kind}.get.find.app_error", f"Unable to find the existing {kind}.")


def bad(name: str) -> ChatError:
    """Make the 400 for an unusable parameter."""
    message = f"Invalid or missing {name} in request body."
    return ChatError(400, "api.context.invalid_body_param.app_error", message)


def authenticate(store: ChatStore, request: Request) -> Doc:
    """Return the calling user. The token followed by ":name" is that person: for tests and the demo."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    token, _, name = given.partition(":")
    user = store.find("user", "username", name) if name else store.bot
    if scheme.lower() in ("bearer", "token") and token == TOKEN and user is not None:
        return user
    raise ChatError(401, "api.context.session_expired.app_error", "Invalid or expired session, please login again.")


def endpoint(do: Callable[[Call], Any], status: int = 200) -> Callable[[Request], Awaitable[Response]]:
    """Wrap a function of a Call into a Starlette endpoint."""

    async def handle(request: Request) -> Response:
        store = cast(ChatStore, request.app.state.store)
        try:
            me = authenticate(store, request)
            raw = await request.body()
            try:
                body = json.loads(raw) if raw else None
            except ValueError:
                raise bad("body") from None
            return JSONResponse(do(Call(store, request, me, body)), status, headers=_headers())
        except ChatError as error:
            form = {
                "id": error.key, "message": str(error), "detailed_error": "", "request_id": "sandbox",
                "status_code": error.status,
            }  # fmt: skip
            return JSONResponse(form, error.status, headers=_headers())

    return handle


def _headers() -> dict[str, str]:
    return {"X-Version-Id": "10.9.1.sandbox", "X-Ratelimit-Limit": "101", "X-Ratelimit-Remaining": "100"}
