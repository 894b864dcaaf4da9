"""Servers shared by the tests of a module; a test that breaks things starts its own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.sandbox.testing import Sandbox, run_sandbox

SHARED = Path(__file__).resolve().parents[4] / "shared"


@pytest.fixture(scope="module")
def cloud() -> Iterator[Sandbox]:
    """Run a made-up cloud project."""
    with run_sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def datacenter() -> Iterator[Sandbox]:
    """Run the same project on Data Center."""
    with run_sandbox(flavour="datacenter") as sandbox:
        yield sandbox


@pytest.fixture
def real_data() -> Path:
    """Return the folder of real Jira data, or skip."""
    folder = Path(os.environ.get("SANDBOX_TEST_DATA", SHARED / "data" / "jira"))
    if not folder.is_dir():
        pytest.skip(f"real data is absent: {folder}")
    return folder
