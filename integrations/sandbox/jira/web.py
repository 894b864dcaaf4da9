"""What every Jira endpoint shares: who asks, which version, how an answer and an error look."""

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import cast

from starlette.requests import Request
from starlette.responses import Response

from integrations.sandbox.jira.edits import EditError
from integrations.sandbox.jira.jql import JqlError
from integrations.sandbox.jira.model import HERE, Issue, Json, dumps
from integrations.sandbox.jira.store import Store
from integrations.sandbox.jira.webhooks import Webhooks
from integrations.sandbox.jira.writes import Writer
from integrations.sandbox.options import Options
from integrations.sandbox.people import PORTAL_ACCOUNT

EMAIL, TOKEN = PORTAL_ACCOUNT.email, "sandbox-token"
GONE = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. "
    "A full migration guideline is available at "
    "https://developer.atlassian.com/changelog/#CHANGE-2046"
)
MISSING = "Issue does not exist or you do not have permission to see it."


@dataclass
class Site:
    """One running Jira."""

    options: Options
    store: Store
    webhooks: Webhooks
    writer: Writer
    pages: dict[str, list[int]] = field(default_factory=dict)
    # The official document contradicts itself on how changelog/bulkfetch writes dates: its schema says
    # date-time, its example is a number. Both can be had.
    bulk_dates_as_numbers: bool = False

    @property
    def cloud(self) -> bool:
        """Tell whether this is Jira Cloud."""
        return self.store.catalog.flavour == "cloud"


class Refused(Exception):
    """An answer that is an error, in Jira's form."""

    def __init__(self, status: int, *messages: str, errors: dict[str, str] | None = None) -> None:
        """Keep the status and both parts of the form."""
        super().__init__(*messages)
        self.status, self.messages, self.errors = status, list(messages), errors or {}


@dataclass
class Ask:
    """One authenticated request."""

    site: Site
    request: Request
    version: int
    me: Json
    body: Json

    @property
    def store(self) -> Store:
        """Return the issues."""
        return self.site.store

    def number(self, name: str, default: int) -> int:
        """Read a whole number from the query or body."""
        given: Json = self.body.get(name) if isinstance(self.body, dict) else None
        given = self.request.query_params.get(name, default) if given is None else given
        try:
            return int(given)
        except (TypeError, ValueError):
            raise Refused(400, f"'{name}' must be a number") from None

    def words(self, name: str) -> list[str] | None:
        """Read a list, given repeatedly, comma separated, or as a JSON array; None where absent."""
        if isinstance(self.body, dict) and name in self.body:
            given = self.body[name]
            given = given if isinstance(given, list) else [given]
        else:
            given = self.request.query_params.getlist(name)
        if not given:
            return None
        return [word.strip() for entry in given for word in str(entry).split(",") if word.strip()]

    def text(self, name: str, default: str = "") -> str:
        """Read a text from the query or body."""
        given = self.body.get(name) if isinstance(self.body, dict) else None
        return str(given if given is not None else self.request.query_params.get(name, default))

    def issue(self) -> Issue:
        """Return the issue in the path, or refuse with 404."""
        issue = self.store.find(self.request.path_params["issue"])
        if issue is None:
            raise Refused(404, MISSING)
        return issue

    def object(self) -> dict[str, Json]:
        """Return the body, which must be a JSON object."""
        if not isinstance(self.body, dict):
            raise Refused(400, "Invalid request payload. Refer to the REST API documentation and try again.")
        return self.body


Endpoint = Callable[[Ask], "Response | str | Json"]


def answer(request: Request, body: str, status: int = 200) -> Response:
    """Send an encoded JSON text; stored addresses become those of this server."""
    here = f"{request.url.scheme}://{request.url.netloc}"
    headers = {
        "X-RateLimit-Limit": "350", "X-RateLimit-Remaining": "349", "X-RateLimit-NearLimit": "false",
        "X-AREQUESTID": "sandbox",
    }  # fmt: skip
    content = body.encode("utf-8", "surrogatepass").replace(HERE.encode(), here.encode())
    return Response(content, status, headers=headers, media_type="application/json")


def refusal(request: Request, error: Refused) -> Response:
    """Send an error in Jira's form."""
    return answer(request, dumps({"errorMessages": error.messages, "errors": error.errors}), error.status)


def authenticate(site: Site, request: Request) -> Json:
    """Return the user who asks. Raises Refused 401."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if site.cloud and scheme.lower() == "basic":
        try:
            email, _, token = base64.b64decode(given).decode().partition(":")
        except ValueError:
            email = token = ""
        user = site.store.catalog.find_user(email) if email else None
        if token == TOKEN and user is not None:
            return user
    if not site.cloud and scheme.lower() == "bearer":
        # A person's name behind the token writes as that person: only the sandbox does this.
        token, _, name = given.partition(":")
        user = site.store.catalog.find_user(name) if name else site.store.catalog.portal_user()
        if token == TOKEN and user is not None:
            return user
    raise Refused(401, "Client must be authenticated to access this resource.")


def endpoint(do: Endpoint, version: int) -> Callable[[Request], Awaitable[Response]]:
    """Wrap a function of an Ask into a Starlette endpoint."""

    async def handle(request: Request) -> Response:
        site = cast(Site, request.app.state.site)
        try:
            me = authenticate(site, request)
            raw = await request.body()
            try:
                body = json.loads(raw) if raw else None
            except ValueError:
                raise Refused(400, "Unexpected character in the request body: it is not JSON.") from None
            result = do(Ask(site, request, version, me, body))
            if isinstance(result, Response):
                return result
            return answer(request, result if isinstance(result, str) else dumps(result))
        except Refused as error:
            return refusal(request, error)
        except JqlError as error:
            return refusal(request, Refused(400, str(error)))
        except EditError as error:
            return refusal(request, Refused(400, *error.messages, errors=error.errors))

    return handle


def created(ask: Ask, body: str) -> Response:
    """Answer 201."""
    return answer(ask.request, body, 201)


def nothing() -> Response:
    """Answer 204."""
    return Response(status_code=204)
