"""The parts without a server: queries, ranks, rich text, dates, the made-up project."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.sandbox.clock import jira_text, parse_jira, shift_text
from integrations.sandbox.jira.jql import Clause, Join, JqlError, Not, parse
from integrations.sandbox.jira.meaning import read_moment
from integrations.sandbox.jira.model import Issue, named
from integrations.sandbox.jira.rank import rank_between, rank_number
from integrations.sandbox.jira.richtext import adf_to_wiki, is_document, wiki_to_adf
from integrations.sandbox.jira.seed import make_project
from integrations.sandbox.jira.store import Store
from integrations.sandbox.options import Options, parse_options
from integrations.sandbox.people import load_people
from integrations.sandbox.storage import Storage


def test_and_binds_tighter_than_or() -> None:
    where = parse("project = MM AND a = 1 OR NOT (b = 2) order by Rank desc, key").where
    assert isinstance(where, Join)
    assert where.word == "or"
    assert isinstance(where.parts[0], Join)
    assert isinstance(where.parts[1], Not)


def test_quoted_words_are_never_operators() -> None:
    where = parse("status in (\"in progress\", 'it\\'s', EMPTY)").where
    assert isinstance(where, Clause)
    assert [value.text for value in where.values] == ["in progress", "it's", "EMPTY"]


@given(st.text(max_size=60))
def test_any_text_parses_or_is_refused_in_words(text: str) -> None:
    try:
        parse(text)
    except JqlError as error:
        assert str(error)


@given(st.lists(st.booleans(), min_size=1, max_size=200), st.randoms(use_true_random=False))
def test_there_is_always_a_rank_between_two(ways: list[bool], rng: random.Random) -> None:
    ranks = [rank_number(1), rank_number(2)]
    for first in ways:
        at = 0 if first else rng.randrange(len(ranks) - 1)
        made = rank_between(ranks[at], ranks[at + 1])
        assert ranks[at] < made < ranks[at + 1]
        ranks.insert(at + 1, made)
    assert rank_between(None, ranks[0]) < ranks[0]
    assert ranks[-1] < rank_between(ranks[-1], None)


@given(st.text(max_size=300))
def test_any_wiki_text_becomes_a_document(text: str) -> None:
    assert is_document(wiki_to_adf(text))


def test_wiki_text_survives_the_way_there_and_back() -> None:
    text = "h3. Steps\n\n# one\n# *two*\n\n{code}\nx = 1\n{code}\n\nSee [here|https://example.test/a] and {{b}}."
    assert adf_to_wiki(wiki_to_adf(text)) == text


def test_a_moment_that_happens_twice_is_the_earlier_one() -> None:
    moment = read_moment("2026-11-01 01:30", "America/New_York", 0)
    assert datetime.fromtimestamp(moment / 1000, tz=UTC) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


@given(st.integers(min_value=0, max_value=4_000_000_000_000))
def test_a_written_moment_reads_back(ms: int) -> None:
    assert parse_jira(jira_text(ms, "America/New_York")) == ms


def test_a_shifted_date_keeps_its_offset_and_its_decimals() -> None:
    assert shift_text("2012-03-19T07:47:50.000+0800", timedelta(days=1)) == "2012-03-20T07:47:50.000+0800"
    with pytest.raises(ValueError, match="2012"):
        shift_text("2012", timedelta(days=1))


@pytest.fixture(scope="module")
def project() -> list[Issue]:
    return make_project(Options())[1]


def test_the_project_is_the_same_for_a_seed_but_for_its_dates(project: list[Issue]) -> None:
    again = make_project(Options())[1]
    assert [issue.fields["summary"] for issue in again] == [issue.fields["summary"] for issue in project]
    other = make_project(Options(seed=8))[1]
    assert [issue.fields["summary"] for issue in other] != [issue.fields["summary"] for issue in project]


def test_the_project_is_believable(project: list[Issue]) -> None:
    team = [issue for issue in project if issue.project == "MM"]
    assert (len(team), len(project)) == (400, 440)
    assert len({issue.value("summary") for issue in project}) == len(project)
    work = [issue for issue in team if named(issue.value("issuetype")) != "Epic"]
    counts = Counter(named(issue.value("status")) for issue in work)
    assert 15 <= counts["To Do"] <= 25
    assert 5 <= counts["In Progress"] <= 8
    assert 6 <= counts["Submitted"] <= 8
    assert counts["Awaiting QA"] == 3
    now = max(issue.updated for issue in project)
    assert now - min(issue.created for issue in project) > 80 * 86_400_000
    resolved = Counter((now - parse_jira(issue.value("resolutiondate"))) // (7 * 86_400_000) for issue in work
                       if issue.value("resolutiondate"))  # fmt: skip
    assert len(resolved) >= 8
    assert resolved[0] >= 2
    labels = Counter(label for issue in work for label in issue.value("labels"))
    assert {"customer-bug", "community-bug", "hotfix", "release"} <= set(labels)


def test_each_walk_ends_where_the_ticket_stands_and_never_goes_back_in_time(project: list[Issue]) -> None:
    for issue in project:
        moments = [parse_jira(history.created) for history in issue.histories]
        assert moments == sorted(moments)
        assert all(issue.created <= moment <= issue.updated for moment in moments)
        state = "Backlog"
        for history in issue.histories:
            for item in Issue(0, "", "", 0, 0, {"items": history.items}).value("items"):
                if item["field"] == "status":
                    assert item["fromString"] == state
                    state = item["toString"]
        if issue.histories:
            assert state == named(issue.value("status"))
        done = (issue.value("status")["statusCategory"]["key"]) == "done"
        assert bool(issue.value("resolution")) is done
        assert bool(issue.value("resolutiondate")) is done


def test_an_id_is_never_given_twice_even_after_a_restart(tmp_path: Path) -> None:
    storage = Storage(tmp_path / "state")
    catalog, issues = make_project(Options())
    store = Store(storage, catalog)
    store.load_and_save(issues)
    number, key = store.new_issue_id(), store.new_key("MM")
    reopened = Store(storage, catalog)
    reopened.load(Issue.from_row(row) for row in storage.rows("issue"))
    assert reopened.new_issue_id() > number
    assert reopened.new_key("MM") != key


def test_everybody_has_an_address_that_leads_nowhere() -> None:
    people = load_people()
    assert all(person.email.endswith("@example.test") for person in people)
    for name in ("email", "account_id", "username", "name"):
        assert len({getattr(person, name) for person in people}) == len(people)
    assert Counter(person.role for person in people)["engineer"] >= 4


def test_options_come_from_the_environment_and_the_command_line_wins() -> None:
    env = {"SANDBOX_SEED": "3", "SANDBOX_LIVELY": "1", "SANDBOX_FLAVOUR": "datacenter"}
    options = parse_options(["--seed", "4"], env)
    assert (options.seed, options.lively, options.flavour) == (4, True, "datacenter")
    with pytest.raises(SystemExit):
        parse_options(["--data", "/nowhere/at.all"], {})
