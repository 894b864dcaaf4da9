"""What every room's tests share."""

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """No test sees what another one left in the cache: sign-in throttles, rendered counts."""
    cache.clear()
