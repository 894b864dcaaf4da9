"""The stand-in, as Jira Cloud and as Data Center, shared by the tests of a module."""

from collections.abc import Callable, Iterator

import pytest

from integrations.jira import JiraClient
from integrations.sandbox.testing import Sandbox, run_sandbox
from portal.env import Jira

Ask = Callable[[Sandbox], JiraClient]


def config_of(sandbox: Sandbox, **more: str) -> Jira:
    """The configuration that names this Jira."""
    if sandbox.flavour == "datacenter":
        return Jira(base_url=sandbox.jira_url, personal_access_token=more.get("token", sandbox.jira_token))
    return Jira(
        base_url=sandbox.jira_url, email=sandbox.jira_email, api_token=more.get("token", sandbox.jira_token)
    )


@pytest.fixture(scope="session")
def cloud_site() -> Iterator[Sandbox]:
    with run_sandbox(issues=230, changes=3) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def server_site() -> Iterator[Sandbox]:
    with run_sandbox(issues=230, changes=3, flavour="datacenter") as sandbox:
        yield sandbox


@pytest.fixture
def cloud(cloud_site: Sandbox) -> Sandbox:
    cloud_site.clear_faults()
    cloud_site.reset_log()
    return cloud_site


@pytest.fixture
def server(server_site: Sandbox) -> Sandbox:
    server_site.clear_faults()
    server_site.reset_log()
    return server_site


@pytest.fixture(params=["cloud", "datacenter"])
def site(request: pytest.FixtureRequest) -> Sandbox:
    """Each of the two, one after the other."""
    sandbox: Sandbox = request.getfixturevalue("cloud" if request.param == "cloud" else "server")
    return sandbox


@pytest.fixture
def ask() -> Iterator[Ask]:
    """A client of a Jira, closed at the end."""
    clients: list[JiraClient] = []

    def make(sandbox: Sandbox) -> JiraClient:
        clients.append(JiraClient(config_of(sandbox)))
        return clients[-1]

    yield make
    for client in clients:
        client.close()
