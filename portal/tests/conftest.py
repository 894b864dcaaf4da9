"""The stand-ins for Jira that tests of the flows share, and a portal that names one of them."""

from collections.abc import Iterator

import pytest

from integrations.sandbox.testing import Sandbox, run_sandbox
from portal.tests.mirroring import jira_of, mirroring


@pytest.fixture(scope="session")
def _small_site() -> Iterator[Sandbox]:
    with run_sandbox(issues=60, changes=3) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def _made_up_site() -> Iterator[Sandbox]:
    with run_sandbox() as sandbox:
        yield sandbox


def _fresh(sandbox: Sandbox) -> Iterator[Sandbox]:
    sandbox.clear_faults()
    sandbox.reset_log()
    with mirroring(jira_of(sandbox)):
        yield sandbox
    sandbox.clear_faults()


@pytest.fixture
def small(db: None, _small_site: Sandbox) -> Iterator[Sandbox]:
    """Sixty plain issues of MM (other tests may have changed some), named by the configuration."""
    yield from _fresh(_small_site)


@pytest.fixture
def made_up(db: None, _made_up_site: Sandbox) -> Iterator[Sandbox]:
    """The made-up projects MM and CLD, named by the configuration."""
    yield from _fresh(_made_up_site)
