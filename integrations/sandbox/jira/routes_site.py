"""Endpoints about the site: server, people, fields, statuses, projects."""

from integrations.sandbox.clock import now_ms
from integrations.sandbox.jira.catalog import CATEGORIES, LINK_TYPES
from integrations.sandbox.jira.model import HERE, Json
from integrations.sandbox.jira.web import Ask, Refused


def server_info(ask: Ask) -> Json:
    """GET serverInfo."""
    common = {"baseUrl": HERE, "serverTime": ask.store.text(now_ms()), "serverTitle": "Sandbox Jira"}
    if ask.site.cloud:
        return {
            **common, "displayUrl": HERE, "version": "1001.0.0-SNAPSHOT", "versionNumbers": [1001, 0, 0],
            "deploymentType": "Cloud", "buildNumber": 100290, "buildDate": "2026-01-05T08:00:00.000+0000",
            "scmInfo": "sandbox", "serverTimeZone": "America/New_York",
        }  # fmt: skip
    return {
        **common, "version": "9.12.15", "versionNumbers": [9, 12, 15], "deploymentType": "Server",
        "buildNumber": 9120015, "buildDate": "2025-06-02T00:00:00.000+0000", "databaseBuildNumber": 9120015,
        "scmInfo": "sandbox",
    }  # fmt: skip


def myself(ask: Ask) -> Json:
    """GET myself."""
    return {
        **ask.me,
        "locale": "en_US",
        "groups": {"size": 1, "items": []},
        "applicationRoles": {"size": 1, "items": []},
        "expand": "groups,applicationRoles",
    }


def fields(ask: Ask) -> Json:
    """GET field."""
    return ask.store.catalog.fields


def statuses(ask: Ask) -> Json:
    """GET status."""
    return list(ask.store.catalog.statuses.values())


def status(ask: Ask) -> Json:
    """GET status/{idOrName}."""
    wanted = ask.request.path_params["name"]
    for number, entry in ask.store.catalog.statuses.items():
        if wanted in (number, entry.get("name")):
            return entry
    raise Refused(404, f"The status with id or name '{wanted}' does not exist")


def categories(ask: Ask) -> Json:
    """GET statuscategory."""
    return list(CATEGORIES.values())


def priorities(ask: Ask) -> Json:
    """GET priority."""
    return list(ask.store.catalog.priorities.values())


def resolutions(ask: Ask) -> Json:
    """GET resolution."""
    return list(ask.store.catalog.resolutions.values())


def issue_types(ask: Ask) -> Json:
    """GET issuetype."""
    return list(ask.store.catalog.issuetypes.values())


def link_types(ask: Ask) -> Json:
    """GET issueLinkType."""
    return {"issueLinkTypes": LINK_TYPES}


def projects(ask: Ask) -> Json:
    """GET project."""
    return list(ask.store.catalog.projects.values())


def project_search(ask: Ask) -> Json:
    """GET project/search."""
    start, size = ask.number("startAt", 0), min(ask.number("maxResults", 50), 100)
    keys, query = ask.words("keys"), ask.text("query").lower()
    found = [
        project
        for key, project in ask.store.catalog.projects.items()
        if (keys is None or key in keys) and query in f"{key} {project.get('name', '')}".lower()
    ]
    return page(ask, found, start, size)


def page(ask: Ask, found: list[Json], start: int, size: int) -> Json:
    """Cut one page of a list, in the form of PageBean."""
    shown = found[start : start + size]
    return {
        "self": f"{HERE}{ask.request.url.path}?startAt={start}&maxResults={size}",
        "maxResults": size,
        "startAt": start,
        "total": len(found),
        "isLast": start + len(shown) >= len(found),
        "values": shown,
    }


def find_project(ask: Ask) -> Json:
    """Return the project in the path, by key or id."""
    wanted = ask.request.path_params["project"]
    for key, project in ask.store.catalog.projects.items():
        if wanted.upper() == key.upper() or wanted == str(project.get("id")):
            return project
    raise Refused(404, f"No project could be found with key '{wanted}'.")


def project(ask: Ask) -> Json:
    """GET project/{key}."""
    found, catalog = find_project(ask), ask.store.catalog
    return {
        **found,
        "components": list(catalog.components.get(found["key"], {}).values()),
        "versions": list(catalog.versions.get(found["key"], {}).values()),
        "issueTypes": list(catalog.issuetypes.values()),
    }


def project_statuses(ask: Ask) -> Json:
    """GET project/{key}/statuses."""
    found, catalog = find_project(ask), ask.store.catalog
    known = [catalog.statuses[number] for number in catalog.project_statuses.get(found["key"], catalog.statuses)]
    shown = ("self", "id", "name", "subtask")
    return [
        {**{name: kind[name] for name in shown if name in kind}, "statuses": known}
        for kind in catalog.issuetypes.values()
    ]


def project_versions(ask: Ask) -> Json:
    """GET project/{key}/versions."""
    return list(ask.store.catalog.versions.get(find_project(ask)["key"], {}).values())


def project_components(ask: Ask) -> Json:
    """GET project/{key}/components."""
    return list(ask.store.catalog.components.get(find_project(ask)["key"], {}).values())


def user(ask: Ask) -> Json:
    """GET user."""
    wanted = ask.text("accountId") or ask.text("username") or ask.text("key")
    found = ask.store.catalog.find_user(wanted)
    if found is None:
        raise Refused(404, f"The user with the id '{wanted}' does not exist" if wanted else "No user was named.")
    return found


def user_search(ask: Ask) -> Json:
    """GET user/search, users/search and user/assignable/search."""
    query = (ask.text("query") or ask.text("username")).lower().strip(".")
    account = ask.text("accountId")
    start, size = ask.number("startAt", 0), min(ask.number("maxResults", 50), 1000)
    found = []
    for entry in ask.store.catalog.users.values():
        words = " ".join(str(entry.get(part, "")) for part in ("displayName", "emailAddress", "name")).lower()
        if query in words and (not account or entry.get("accountId") == account):
            found.append(entry)
    return found[start : start + size]
