"""The Jira as an ASGI app: which address leads to which function."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from integrations.sandbox.control import control_routes
from integrations.sandbox.front import Front
from integrations.sandbox.jira import control as jira_control
from integrations.sandbox.jira import routes_issue as one
from integrations.sandbox.jira import routes_parts as part
from integrations.sandbox.jira import routes_search as find
from integrations.sandbox.jira import routes_site as site_routes
from integrations.sandbox.jira.store import Store
from integrations.sandbox.jira.web import Endpoint, Refused, Site, endpoint, refusal
from integrations.sandbox.jira.webhooks import Webhooks
from integrations.sandbox.jira.writes import Writer
from integrations.sandbox.options import Options

Table = tuple[tuple[str, str, Endpoint], ...]

COMMON: Table = (
    ("GET", "serverInfo", site_routes.server_info),
    ("GET", "myself", site_routes.myself),
    ("GET", "field", site_routes.fields),
    ("GET", "status", site_routes.statuses),
    ("GET", "status/{name}", site_routes.status),
    ("GET", "statuscategory", site_routes.categories),
    ("GET", "priority", site_routes.priorities),
    ("GET", "resolution", site_routes.resolutions),
    ("GET", "issuetype", site_routes.issue_types),
    ("GET", "issueLinkType", site_routes.link_types),
    ("GET", "project", site_routes.projects),
    ("GET", "project/{project}", site_routes.project),
    ("GET", "project/{project}/statuses", site_routes.project_statuses),
    ("GET", "project/{project}/versions", site_routes.project_versions),
    ("GET", "project/{project}/components", site_routes.project_components),
    ("GET", "user", site_routes.user),
    ("GET", "user/search", site_routes.user_search),
    ("GET", "user/assignable/search", site_routes.user_search),
    ("GET", "search", find.search),
    ("POST", "search", find.search),
    ("POST", "issue", one.create_issue),
    ("GET", "issue/{issue}", one.get_issue),
    ("PUT", "issue/{issue}", one.edit_issue),
    ("DELETE", "issue/{issue}", one.delete_issue),
    ("PUT", "issue/{issue}/assignee", one.assign),
    ("GET", "issue/{issue}/transitions", one.get_transitions),
    ("POST", "issue/{issue}/transitions", one.post_transition),
    ("GET", "issue/{issue}/comment", part.list_comments),
    ("POST", "issue/{issue}/comment", part.add_comment),
    ("GET", "issue/{issue}/comment/{comment}", part.get_comment),
    ("PUT", "issue/{issue}/comment/{comment}", part.edit_comment),
    ("DELETE", "issue/{issue}/comment/{comment}", part.delete_comment),
    ("GET", "comment/{comment}/properties", part.comment_properties),
    ("GET", "comment/{comment}/properties/{key}", part.get_comment_property),
    ("POST", "issueLink", part.link),
    ("DELETE", "issueLink/{link}", part.unlink),
    ("GET", "issue/{issue}/remotelink", part.remote_links),
    ("POST", "issue/{issue}/remotelink", part.add_remote_link),
    ("DELETE", "issue/{issue}/remotelink/{link}", part.delete_remote_link),
    ("GET", "issue/{issue}/properties", part.property_keys),
    ("GET", "issue/{issue}/properties/{key}", part.get_property),
    ("PUT", "issue/{issue}/properties/{key}", part.set_property),
    ("DELETE", "issue/{issue}/properties/{key}", part.delete_property),
)
CLOUD_ONLY: Table = (
    ("GET", "project/search", site_routes.project_search),
    ("GET", "users/search", site_routes.user_search),
    ("GET", "search/jql", find.search_jql),
    ("POST", "search/jql", find.search_jql),
    ("POST", "search/approximate-count", find.approximate_count),
    ("POST", "issue/bulkfetch", find.bulk_fetch),
    ("POST", "changelog/bulkfetch", find.changelog_bulk),
    ("PUT", "issue/archive", one.archive),
    ("PUT", "issue/unarchive", one.unarchive),
    ("GET", "issue/{issue}/changelog", find.changelog),
)
AGILE: Table = (
    ("GET", "board", one.boards),
    ("PUT", "issue/rank", one.rank),
)


def _routes(prefix: str, table: Table, version: int) -> list[Route]:
    by_path: dict[str, dict[str, Endpoint]] = {}
    for method, path, do in table:
        by_path.setdefault(path, {})[method] = do
    routes = []
    # Fixed words before {issue}: issue/archive is not an issue of that name.
    for path in sorted(by_path, key=lambda text: "{" in text):
        for method, do in by_path[path].items():
            routes.append(Route(f"{prefix}/{path}", endpoint(do, version), methods=[method]))
    return routes


async def _unknown(request: Request, _: Exception) -> Response:
    return refusal(request, Refused(404, f"null for uri: {request.url.path}"))


async def _wrong_method(request: Request, _: Exception) -> Response:
    return refusal(request, Refused(405, "Method Not Allowed"))


def build_jira(store: Store, options: Options) -> Front:
    """Build the Jira over a filled store."""
    webhooks = Webhooks(store, options)
    site = Site(options, store, webhooks, Writer(store, webhooks))
    cloud = store.catalog.flavour == "cloud"
    routes: list[Route] = []
    for version in (2, 3) if cloud else (2,):
        table = CLOUD_ONLY + COMMON if cloud else COMMON
        routes += _routes(f"/rest/api/{version}", table, version)
    if cloud:
        routes += _routes("/rest/api/latest", CLOUD_ONLY + COMMON, 3)
    else:
        routes += _routes("/rest/api/latest", COMMON, 2)
    routes += _routes("/rest/agile/1.0", AGILE, 2)
    routes += [Route("/", part.front_page), Route("/browse/{key}", part.browse)]
    app = Starlette(exception_handlers={404: _unknown, 405: _wrong_method})
    front = Front(app, options.delay_ms)
    app.router.routes.extend([*routes, *control_routes(front), *jira_control.routes()])
    app.state.site = site
    return front
