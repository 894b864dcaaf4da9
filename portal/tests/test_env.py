"""The configuration: every fault at once, each with its name; production refuses what is the demo's."""

from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from django.db.utils import ConnectionHandler
from hypothesis import given
from hypothesis import strategies as st

from portal import dialects, env

GOOD = {
    "DEBUG": "0",
    "SECRET_KEY": "k3y-9Qz+" * 10,
    "ALLOWED_HOSTS": "set.example.com",
    "PORTAL_BASE_URL": "https://set.example.com",
    "DATABASE_URL": "postgresql://set:p%40ss@db.example.com:5433/portal?sslmode=require",
    "REDIS_URL": "redis://broker/1",
    "JIRA_BASE_URL": "https://jira.example.com",
    "JIRA_EMAIL": "bot@example.com",
    "JIRA_API_TOKEN": "token",
    "JIRA_WEBHOOK_SECRET": "shh",
}


def faults(**changed: str) -> list[str]:
    with pytest.raises(env.EnvironmentFaults) as caught:
        env.load({**GOOD, **changed})
    return caught.value.faults


def test_a_good_production_environment_is_read() -> None:
    found = env.load(GOOD)
    assert not found.debug
    assert found.jira.projects == ("MM",)
    assert found.jira.all_projects == ("MM", "CLD")
    assert found.team_time_zone == "America/New_York"
    assert found.mattermost.set_channel == "sustained-engineering"


@pytest.mark.parametrize(
    "url", ["redis://broker", "redis://broker/", "redis://broker:6379/15", "rediss://u:p@broker/0", "unix:///run/a.sock",
            "unix:///run/a.sock?db=3", "redis://broker?db=2"],
)
def test_a_broker_may_be_named_with_or_without_a_database(url: str) -> None:
    assert env.load({**GOOD, "REDIS_URL": url}).redis_url == url.rstrip("/")


def test_a_token_with_an_odd_character_is_not_shown() -> None:
    said = faults(JIRA_API_TOKEN="s3cret–part", MATTERMOST_BASE_URL="https://x", MATTERMOST_BOT_TOKEN="s3cret two")
    assert {fault.partition(":")[0] for fault in said} >= {"JIRA_API_TOKEN", "MATTERMOST_BOT_TOKEN"}
    assert "s3cret" not in str(said)


def test_the_demo_needs_nothing_but_debug() -> None:
    found = env.load({"DEBUG": "1"})
    assert found.secret_key == env.DEMO_SECRET
    assert found.base_url == "http://localhost:8000"
    assert found.jira.base_url == ""


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DEBUG", "maybe", "expected 1 or 0, found 'maybe'"),
        ("TEAM_TIME_ZONE", "Mars/Base", "expected an IANA zone"),
        ("TEAM_TIME_ZONE", "../etc/passwd", "expected an IANA zone"),
        ("DATABASE_URL", "mysql://x/y", "expected an address such as postgresql://"),
        ("DATABASE_URL", "postgresql://x:port/y", "expected an address such as postgresql://"),
        ("REDIS_URL", "amqp://x", "expected an address such as redis://"),
        ("REDIS_URL", "redis://broker/first", "expected the number of a database"),
        ("REDIS_URL", "redis://broker/-1", "expected the number of a database"),
        ("REDIS_URL", "unix:///run/valkey.sock?db=x", "expected the number of a database"),
        ("JIRA_PROJECTS", ",", "expected names, comma separated, found ','"),
        ("ALLOWED_HOSTS", " , ", "expected names, comma separated"),
        ("PORTAL_BASE_URL", "https://set.example.com/portal/", "expected an address without a path"),
        ("JIRA_API_TOKEN", "abc–def", "expected plain letters, digits and signs"),
        ("JIRA_EMAIL", "bot\u00a0@example.com", "expected plain letters, digits and signs"),
        ("JIRA_BASE_URL", "jira.example.com", "expected an address such as https://"),
        ("JIRA_EMAIL", "", "go together"),
        ("JIRA_API_TOKEN", "", "go together"),
        ("JIRA_PERSONAL_ACCESS_TOKEN", "x", "either this (Data Center) or"),
        ("JIRA_PROJECTS", "MM,lower", "expected project keys such as MM, found 'lower'"),
        ("JIRA_PROJECTS", "MM,CLD", ""),
        ("JIRA_FIELD_RANK", "Rank", "expected a field id such as customfield_10011"),
        ("JIRA_WEBHOOK_SECRET", "", "expected a random secret"),
        ("EMAIL_URL", "mail.example.com", "expected an address such as smtp+tls://"),
        ("PORTAL_BASE_URL", "", "expected the address people open"),
        ("ALLOWED_HOSTS", "", "expected the host names"),
        ("SECRET_KEY", "", "expected at least 50 random characters"),
        ("SECRET_KEY", env.DEMO_SECRET, "default or too weak"),
        ("SECRET_KEY", "a" * 60, "default or too weak"),
        ("PORTAL_DEMO", "1", "refused in production mode"),
        ("PORTAL_SANDBOX", "1", ""),
        ("INBOUND_MAIL_SECRET", "short", "at least 16 random characters"),
        ("URGENT_ADDRESS", "urgent", "expected a mail address such as"),
        ("URGENT_ADDRESS", "urgent@example.com", ""),
    ],
)
def test_a_wrong_value_stops_the_start_with_the_variables_name(name: str, value: str, words: str) -> None:
    said = faults(**{name: value})
    assert any(words in fault for fault in said)
    if words:
        assert any(name.split("_")[0] in fault for fault in said)


def test_all_faults_are_said_at_once() -> None:
    said = faults(DEBUG="x", TEAM_TIME_ZONE="x", REDIS_URL="x", JIRA_PROJECTS="x,y")
    assert [fault.partition(":")[0] for fault in said] == [
        "DEBUG", "JIRA_PROJECTS", "JIRA_PROJECTS", "TEAM_TIME_ZONE", "REDIS_URL",
    ]


def test_a_jira_without_a_token_is_said_and_mattermost_without_team_and_token_too() -> None:
    said = faults(JIRA_EMAIL="", JIRA_API_TOKEN="", MATTERMOST_BASE_URL="https://chat.example.com")
    assert [fault.partition(":")[0] for fault in said] == [
        "JIRA_API_TOKEN", "MATTERMOST_BOT_TOKEN", "MATTERMOST_TEAM",
    ]


def test_secrets_do_not_show_when_the_environment_is_printed() -> None:
    shown = repr(env.load(GOOD))
    assert "p%40ss" not in shown
    assert "token'" not in shown
    assert GOOD["SECRET_KEY"] not in shown


def test_the_database_address_becomes_djangos_settings() -> None:
    found = dialects.django_database(GOOD["DATABASE_URL"])
    assert (found["NAME"], found["USER"], found["PASSWORD"]) == ("portal", "set", "p@ss")
    assert (found["HOST"], found["PORT"]) == ("db.example.com", "5433")
    assert found["OPTIONS"] == {"sslmode": "require", "connect_timeout": "10", "tcp_user_timeout": "20000"}


def test_what_an_address_says_of_its_patience_wins() -> None:
    found = dialects.django_database("postgresql://x/y?connect_timeout=2&options=-c%20jit%3Doff", statement_seconds=20)
    assert found["OPTIONS"]["connect_timeout"] == "2"
    assert found["OPTIONS"]["options"] == "-c jit=off -c statement_timeout=20s"


@pytest.mark.django_db
def test_a_statement_of_a_page_ends_and_one_of_a_command_may_take_its_time() -> None:
    for seconds, told in ((20, "20s"), (0, "0")):
        found = dialects.django_database(settings.ENV.database_url, statement_seconds=seconds)
        found["NAME"] = connections["default"].settings_dict["NAME"]
        other = ConnectionHandler({"default": found})["default"]
        with other.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == (told,)
        other.close()


@pytest.mark.parametrize(
    ("url", "port", "ssl", "tls"),
    [
        ("smtp://mail.example.com", 25, False, False),
        ("smtps://u:p@mail.example.com", 465, True, False),
        ("smtp+tls://u:p%21@mail.example.com:2525", 2525, False, True),
    ],
)
def test_a_mail_address_becomes_djangos_settings(url: str, port: int, ssl: bool, tls: bool) -> None:
    found = dialects.django_email(url, Path("/var"))
    assert (found["EMAIL_PORT"], found["EMAIL_USE_SSL"], found["EMAIL_USE_TLS"]) == (port, ssl, tls)


def test_without_a_mail_address_mails_are_files() -> None:
    assert dialects.django_email("", Path("/data"))["EMAIL_FILE_PATH"] == "/data/mail"


def test_a_socket_that_would_be_too_long_goes_to_a_short_folder() -> None:
    deep = Path("/srv") / "/".join(["very-long-folder-name"] * 8)
    assert len(str(env.socket_folder(deep))) < 80
    assert env.socket_folder(deep) != env.socket_folder(deep / "other")
    assert env.socket_folder(Path("/srv/portal/var")) == Path("/srv/portal/var/run")


def test_celery_spells_a_socket_in_its_own_way() -> None:
    assert dialects.celery_broker("unix:///a/b.sock") == "redis+socket:///a/b.sock"
    assert dialects.celery_broker("redis://host/2") == "redis://host/2"


def test_the_process_wins_over_the_file_and_the_file_over_what_is_running(tmp_path: Path) -> None:
    (tmp_path / "var" / "run").mkdir(parents=True)
    (tmp_path / "var" / "run" / "portal.env").write_text("PORT='1'\nDEBUG='1'\nREDIS_URL='redis://running'\n")
    (tmp_path / ".env").write_text("PORT=2\nDEBUG=0 # a comment\nSECRET_KEY='a $HOME # b'\n")
    found = env.sources({"PORT": "3"}, tmp_path)
    assert found == {"PORT": "3", "DEBUG": "0", "SECRET_KEY": "a $HOME # b", "REDIS_URL": "redis://running"}
    assert "REDIS_URL" not in env.sources({}, tmp_path, running=False)


@given(st.dictionaries(st.sampled_from([*GOOD, "JIRA_PROJECTS", "EMAIL_URL", "MATTERMOST_BASE_URL"]), st.text()))
def test_whatever_the_values_are_the_answer_is_an_environment_or_faults_by_name(values: dict[str, str]) -> None:
    try:
        env.load({**GOOD, **values})
    except env.EnvironmentFaults as error:
        assert error.faults
        assert all(": " in fault for fault in error.faults)


def test_every_variable_of_the_example_is_known_and_every_known_one_is_in_the_example() -> None:
    told = {
        line.partition("=")[0]
        for line in (env.ROOT / ".env.example").read_text().splitlines() if line and not line.startswith("#")
    }
    source = (env.ROOT / "portal" / "env.py").read_text()
    used_by_compose_alone = {"POSTGRES_PASSWORD"}
    fields = {"JIRA_FIELD_SEVERITY", "JIRA_FIELD_EPIC", "JIRA_FIELD_RANK"}
    assert not {name for name in told - used_by_compose_alone - fields if f'"{name}"' not in source}


def example(tmp_path: Path, **filled: str) -> dict[str, str]:
    """The example file, copied to .env with these lines filled in, as the README says."""
    lines = []
    for line in (env.ROOT / ".env.example").read_text().splitlines():
        name = line.partition("=")[0]
        lines.append(f"{name}={filled.pop(name)}" if name in filled else line)
    assert not filled
    (tmp_path / ".env").write_text("\n".join(lines))
    return env.sources({}, tmp_path)


def test_the_example_with_a_jira_filled_in_starts_on_ones_own_machine(tmp_path: Path) -> None:
    found = env.load(example(
        tmp_path, DEBUG="1", JIRA_BASE_URL="https://jira.example.com", JIRA_EMAIL="a@b.c", JIRA_API_TOKEN="t",
    ))
    assert "localhost" in found.allowed_hosts
    assert found.base_url == "http://localhost:8000"
    assert found.database_url.startswith("postgresql://set_portal@/set_portal?host=")
    assert found.jira.sre_project == ""


def test_the_untouched_example_says_what_production_needs(tmp_path: Path) -> None:
    with pytest.raises(env.EnvironmentFaults) as caught:
        env.load(example(tmp_path))
    named = {fault.partition(":")[0] for fault in caught.value.faults}
    assert named == {"SECRET_KEY", "PORTAL_BASE_URL", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL"}


@pytest.mark.parametrize(
    "values",
    [
        {"JIRA_EMAIL": "", "JIRA_API_TOKEN": "", "JIRA_PERSONAL_ACCESS_TOKEN": "sandbox-token"},
        {"JIRA_API_TOKEN": "sandbox-token"},
        {"MATTERMOST_BASE_URL": "http://x", "MATTERMOST_TEAM": "t", "MATTERMOST_BOT_TOKEN": "sandbox-mattermost-token"},
    ],
)
def test_production_refuses_a_sandbox_by_any_of_its_tokens(values: dict[str, str]) -> None:
    assert any("the sandbox is refused in production mode" in fault for fault in faults(**values))
