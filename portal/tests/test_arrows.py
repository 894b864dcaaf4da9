"""Who may import whom. An arrow the wrong way is either a fact from the left, a page over several rooms, or a link."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("people", "cadence", "customers", "set_rotation", "tickets", "escalations", "incidents")
TESTS_OWN = Path("portal/supervisor/testing.py")  # the plugin of pytest, which no process of the portal loads
FLOOR = {"portal.common", "portal.env"}
# room -> what it may import besides itself, the floor, and what everybody may.
MAY = {
    "people": set(),
    "cadence": {"people"},
    "customers": {"people"},
    "set_rotation": {"people"},
    "tickets": {"people", "customers", "set_rotation"},
    "escalations": {"people", "customers", "set_rotation", "tickets"},
    "incidents": {"people", "customers", "set_rotation", "tickets", "escalations"},
}
EVERYBODY = {"cadence.rules", "cadence.queries", "cadence.choices", "integrations.outbox"}
CLIENTS = {
    "integrations.ical", "integrations.jira", "integrations.mail", "integrations.mattermost", "integrations.notify",
}
# inside a room: a file may import what stands further left, never back
ORDER = ["choices", "rules", "models", "queries", "actions", "access", "forms", "outer"]
OUTER = {"views", "api", "tasks", "management", "urls", "admin", "middleware", "authentication", "templatetags"}
MAY_USE_FLOWS = OUTER


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, written out; `from a import b` gives both `a` and `a.b`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def sources(folder: str) -> Iterator[Path]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        if not {"tests", "migrations"} & set(path.parts):
            yield path


def within(name: str, packages: set[str]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def layer(path: Path, room: str) -> str:
    part = path.relative_to(ROOT / room).parts[0].removesuffix(".py")
    return "outer" if part in OUTER else part


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_stands_to_its_right(room: str) -> None:
    wrong = []
    for path in sources(room):
        allowed = FLOOR | EVERYBODY | {room} | MAY[room]
        if layer(path, room) == "outer":
            allowed |= {"portal.flows"}
        ours = {name for name in imports(path) if name.split(".")[0] in {*ROOMS, "portal", "integrations"}}
        wrong += [f"{path.relative_to(ROOT)} imports {name}" for name in sorted(ours)
                  if not within(name, allowed) and name not in {"portal", "integrations"}]
    assert not wrong


@pytest.mark.parametrize("room", ROOMS)
def test_inside_a_room_nothing_imports_back(room: str) -> None:
    wrong = []
    for path in sources(room):
        here = layer(path, room)
        if here not in ORDER:
            continue
        for name in imports(path):
            parts = name.split(".")
            if parts[0] != room or len(parts) < 2:
                continue
            there = "outer" if parts[1] in OUTER else parts[1]
            if there in ORDER and ORDER.index(there) > ORDER.index(here):
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert not wrong


def test_the_floor_imports_nothing_of_ours() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources("portal/common") for name in imports(path)
        if name.split(".")[0] in {*ROOMS, "integrations", "portal"} and not within(name, FLOOR) and name != "portal"
    ]
    assert not wrong


def test_clients_are_called_from_integrations_and_flows_only() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for folder in (*ROOMS, "portal") for path in sources(folder) for name in imports(path)
        if within(name, CLIENTS) and "flows" not in path.parts
    ]
    assert not wrong


def test_only_the_worker_loads_the_solver() -> None:
    """It is large, and may still be being installed: `set_rotation.planner` loads it by name."""
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for folder in (*ROOMS, "portal") for path in sources(folder) for name in imports(path)
        if within(name, {"ortools", "set_rotation.solver"})
        and path.relative_to(ROOT).parts[:2] != ("set_rotation", "solver")
    ]
    assert not wrong


def test_what_sets_pdfs_is_loaded_by_name_alone() -> None:
    """It is large, and may still be being installed: `incidents.paper` loads it when a PDF is asked for."""
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for folder in (*ROOMS, "portal") for path in sources(folder) for name in imports(path)
        if within(name, {"typst"})
    ]
    assert not wrong


def test_nobody_imports_the_sandbox() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for folder in (*ROOMS, "portal", "integrations") for path in sources(folder)
        if "sandbox" not in path.parts and path.relative_to(ROOT) != TESTS_OWN
        for name in imports(path) if within(name, {"integrations.sandbox"})
    ]
    assert not wrong


def test_flows_import_no_views() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources("portal/flows") for name in imports(path) if "views" in name.split(".")
    ]
    assert not wrong
