"""What every room's tests share."""

from pathlib import Path
from typing import Any

import hypothesis
import pytest
import structlog
from django.core.cache import cache
from django.core.management import call_command

# pytest-django brings a fixture of this name too, and is loaded after our plugin: only a conftest wins over it.
from portal.supervisor.testing import django_db_setup  # noqa: F401
from set_rotation.models import Pattern

# A busy machine is no fault of the rules: how long an example takes is not what tests ask.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """No test sees what another one left in the cache: sign-in throttles, rendered counts."""
    cache.clear()


@pytest.fixture(autouse=True)
def _no_request_before() -> None:
    """Nor the id of a request that another test made: an event's `via` hangs on whether there is one."""
    structlog.contextvars.clear_contextvars()


@pytest.fixture(autouse=True)
def _reference_data(request: pytest.FixtureRequest) -> None:
    """A test with transactions of its own empties every table at its end; the next one of its kind loads them anew."""
    marked = request.node.get_closest_marker("django_db")
    if marked is not None and marked.kwargs.get("transaction"):
        request.getfixturevalue("transactional_db")
        if not Pattern.objects.exists():
            call_command("load_handbook", verbosity=0)


@pytest.fixture
def own_files(tmp_path: Path, settings: Any) -> Path:
    """The folder of a file storage of the test's own."""
    mine = settings.STORAGES["default"]
    settings.STORAGES = {
        **settings.STORAGES, "default": {**mine, "OPTIONS": {**mine["OPTIONS"], "location": tmp_path}},
    }
    return tmp_path
