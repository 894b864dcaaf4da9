"""What every room's tests share."""

from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest
import structlog
from django.core.cache import cache

from integrations.jira import client as jira
from integrations.mattermost import client as mattermost
from portal.common import cache as floor
from portal.common import jobs, live
from portal.flows import ticking
from portal.flows.escalations import clocks
from portal.flows.incidents import chat, promises

# pytest-django brings a fixture of this name too, and is loaded after our plugin: only a conftest wins over it.
from portal.supervisor.testing import django_db_setup  # noqa: F401
from portal.tests.patience import PATIENCE

# A busy machine is no fault of the rules: how long an example takes is not what tests ask.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")
# Nor is it one of other systems: what the portal's processes do without after some seconds, tests wait for. And a tick,
# or a look at what is due, comes to its end here: the portal has another one a second later, a test has not.
jira.CONNECT = jira.READ = PATIENCE
mattermost.TIMEOUT = httpx.Timeout(PATIENCE)
floor.PATIENCE = live.PATIENCE = jobs.SLOW = PATIENCE
ticking.LASTS = clocks.LASTS = promises.LASTS = chat.LASTS = PATIENCE
# What is kept for some seconds is there when a slow test asks for it: else the test counts the questions again.
_kept_for = floor.FailOpenRedisCache.get_backend_timeout


def _kept_long(self: floor.FailOpenRedisCache, *timeout: float | None) -> float | None:
    seconds = _kept_for(self, *timeout)
    return max(seconds, round(PATIENCE)) if seconds else seconds


floor.FailOpenRedisCache.get_backend_timeout = _kept_long  # type: ignore[method-assign,assignment]
jobs.AT_ONCE |= {"socket_connect_timeout": PATIENCE, "socket_timeout": PATIENCE}


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """No test sees what another one left in the cache: sign-in throttles, rendered counts."""
    cache.clear()


@pytest.fixture(autouse=True)
def _no_request_before() -> None:
    """Nor the id of a request that another test made: an event's `via` hangs on whether there is one."""
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def own_files(tmp_path: Path, settings: Any) -> Path:
    """The folder of a file storage of the test's own."""
    mine = settings.STORAGES["default"]
    settings.STORAGES = {
        **settings.STORAGES, "default": {**mine, "OPTIONS": {**mine["OPTIONS"], "location": tmp_path}},
    }
    return tmp_path
