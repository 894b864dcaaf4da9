"""The lists of the made-up site: its statuses, priorities, fields, projects."""

from integrations.sandbox.jira.catalog import CATEGORIES, Catalog, make_field, make_user, system_fields
from integrations.sandbox.jira.model import HERE, Json
from integrations.sandbox.options import Flavour
from integrations.sandbox.people import PORTAL_ACCOUNT, load_people

SEVERITY_FIELD, RANK_FIELD, EPIC_FIELD = "customfield_10031", "customfield_10019", "customfield_10014"
STATUSES = (
    ("10000", "Backlog", "new"), ("10001", "Will Do", "new"), ("10002", "To Do", "new"),
    ("3", "In Progress", "indeterminate"), ("10003", "Submitted", "indeterminate"),
    ("10010", "Awaiting QA", "indeterminate"), ("10004", "Done", "done"), ("6", "Closed", "done"),
)  # fmt: skip
RELEASES = ("10.5.4", "10.8.2", "10.9.0", "10.9.1", "10.10.0", "10.11.0")


def _listed(path: str, entries: tuple[tuple[str, str], ...], **more: Json) -> dict[str, Json]:
    return {
        number: {"self": f"{HERE}/rest/api/2/{path}/{number}", "id": number, "name": name, **more}
        for number, name in entries
    }


def _project(number: str, key: str, name: str, lead: Json) -> Json:
    return {
        "self": f"{HERE}/rest/api/2/project/{number}", "id": number, "key": key, "name": name,
        "projectTypeKey": "software", "simplified": False, "lead": lead,
        "avatarUrls": {"48x48": f"{HERE}/secure/projectavatar?pid={number}"},
    }  # fmt: skip


def base_catalog(flavour: Flavour) -> Catalog:
    """Return the lists of the site, without versions and components."""
    catalog = Catalog(flavour, workflow=True)
    for person in (PORTAL_ACCOUNT, *load_people()):
        catalog.users[person.account_id] = make_user(person, flavour)
    for number, name, category in STATUSES:
        catalog.statuses[number] = {
            "self": f"{HERE}/rest/api/2/status/{number}", "description": "", "iconUrl": f"{HERE}/",
            "name": name, "id": number, "statusCategory": CATEGORIES[category],
        }  # fmt: skip
    catalog.priorities = {
        number: {**entry, "iconUrl": f"{HERE}/images/icons/priorities/{entry['name'].lower()}.svg"}
        for number, entry in _listed(
            "priority", (("1", "Highest"), ("2", "High"), ("3", "Medium"), ("4", "Low"), ("5", "Lowest"))
        ).items()
    }
    catalog.resolutions = _listed(
        "resolution",
        (("10000", "Done"), ("10001", "Won't Do"), ("10002", "Duplicate"), ("10003", "Cannot Reproduce")),
        description="",
    )
    catalog.issuetypes = _listed(
        "issuetype",
        (("10004", "Bug"), ("10001", "Story"), ("10002", "Task"), ("10000", "Epic")),
        subtask=False,
        description="",
    )
    lead = {k: v for k, v in list(catalog.users.values())[1].items() if k != "emailAddress"}
    catalog.projects = {
        "MM": _project("10010", "MM", "Chat Server", lead),
        "CLD": _project("10020", "CLD", "Cloud Platform", lead),
    }
    catalog.project_statuses = {
        "MM": [number for number, _, _ in STATUSES],
        "CLD": ["10000", "10002", "3", "10003", "10004", "6"],
    }
    catalog.severities = [
        {"self": f"{HERE}/rest/api/2/customFieldOption/{10100 + at}", "value": f"S{at}", "id": str(10100 + at)}
        for at in (1, 2, 3)
    ]
    catalog.rank_field, catalog.epic_field, catalog.severity_field = RANK_FIELD, EPIC_FIELD, SEVERITY_FIELD
    catalog.fields = [
        *system_fields(),
        make_field(RANK_FIELD, "Rank", "any", custom="com.pyxis.greenhopper.jira:gh-lexo-rank"),
        make_field(EPIC_FIELD, "Epic Link", "any", custom="com.pyxis.greenhopper.jira:gh-epic-link"),
        make_field(
            SEVERITY_FIELD, "Severity", "option", custom="com.atlassian.jira.plugin.system.customfieldtypes:select"
        ),
    ]  # fmt: skip
    return catalog


def version(project: str, number: int, name: str, released: bool) -> Json:
    """Describe a release."""
    return {
        "self": f"{HERE}/rest/api/2/version/{number}", "id": str(number), "name": f"v{name}", "archived": False,
        "released": released, "projectId": 10010 if project == "MM" else 10020,
    }  # fmt: skip


def component(project: str, number: int, name: str) -> Json:
    """Describe a component."""
    return {"self": f"{HERE}/rest/api/2/component/{number}", "id": str(number), "name": name}
