"""What happens in Jira reaches open boards: a real portal, a real worker, a real stream."""

import httpx

from people.choices import Role
from people.tests.factories import person
from portal.supervisor.running import RunningPortal


def test_the_running_portal_shows_the_mirrored_board(live_portal: RunningPortal) -> None:
    cookies = live_portal.cookies_of(lambda: person(Role.VIEWER, email="first.viewer@example.org"))
    answer = httpx.get(f"{live_portal.url}/board/", cookies=cookies, trust_env=False)
    assert answer.status_code == 200
    assert "MM-" in answer.text
