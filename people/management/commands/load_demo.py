"""`manage.py load_demo`: the made-up team, for looking around. Only in the demo."""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from people import actions
from people.actions.demo import DemoPerson
from people.choices import Role
from portal.common import clock

# Who the sandbox's people are here; whoever has no duty of ours looks on.
ROLES = {
    "lead": Role.LEAD, "engineer": Role.ENGINEER, "developer": Role.ENGINEER, "support": Role.SUPPORT,
    "account": Role.ACCOUNT, "deployment": Role.DEPLOYMENT_ENGINEER, "coordinator": Role.COORDINATOR,
    "executive": Role.EXECUTIVE,
}
JOINED_BEFORE = timedelta(weeks=13)  # before the sandbox's first ticket


class Command(BaseCommand):
    help = "Load the demo's made-up team; safe to run again. Refused in production mode or with a real Jira."

    def handle(self, *args: Any, **options: Any) -> None:
        sandbox = Path(settings.BASE_DIR) / "integrations" / "sandbox"
        try:
            people = [_person(entry) for entry in _rows(sandbox / "people.toml", "person")]
            areas = {
                str(entry["component"]): str(entry.get("team", ""))
                for entry in _rows(sandbox / "jira" / "seed.toml", "area")
            }
            loaded = actions.load_demo_people(people, areas=areas, at=clock.now() - JOINED_BEFORE)
        except (actions.Refused, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The demo team is here: {len(loaded)} people.")


def _rows(path: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))[name]
    return rows


def _person(entry: dict[str, str]) -> DemoPerson:
    return DemoPerson(
        name=entry["name"], email=entry["email"], role=ROLES.get(entry["role"], Role.VIEWER), team=entry["team"],
        zone=entry["zone"], jira_account_id=entry["account_id"], mattermost_name=entry["username"],
        product_manager=entry["role"] == "product",
    )
