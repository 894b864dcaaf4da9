"""What every room's tests share."""

import pytest
import structlog
from django.core.cache import cache

# pytest-django brings a fixture of this name too, and is loaded after our plugin: only a conftest wins over it.
from portal.supervisor.testing import django_db_setup  # noqa: F401


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """No test sees what another one left in the cache: sign-in throttles, rendered counts."""
    cache.clear()


@pytest.fixture(autouse=True)
def _no_request_before() -> None:
    """Nor the id of a request that another test made: an event's `via` hangs on whether there is one."""
    structlog.contextvars.clear_contextvars()
