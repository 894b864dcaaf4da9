"""The client against a Jira over HTTP: what it asks, where its paging ends, and how each fault is called."""

import contextlib
import gzip
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from integrations.jira import (
    JiraAway,
    JiraClient,
    JiraFault,
    JiraGarbled,
    JiraMissing,
    JiraRefused,
    JiraWaits,
    JiraWriter,
    client,
    wire,
)
from integrations.jira.tests.conftest import Ask, config_of
from integrations.sandbox.testing import Sandbox
from portal.common import clock
from portal.env import Jira
from portal.tests.patience import until

ALL = 'project = "MM" ORDER BY created ASC, key ASC'
FIELDS = ["summary", "created"]


def logged(sandbox: Sandbox, count: int) -> list[dict[str, Any]]:
    """The requests seen, once there are so many: one that was hung up on is noted a moment later."""
    until(lambda: len(sandbox.requests()) >= count, f"Jira was not asked {count} times")
    return sandbox.requests()


def keys(asked: JiraClient, jql: str = ALL, **more: Any) -> list[str]:
    return [issue["key"] for page in asked.search(jql, fields=FIELDS, **more) for issue, _ in page.issues]


# What is asked


def test_it_says_who_it_is_and_in_which_zone(site: Sandbox, ask: Ask) -> None:
    me = ask(site).me()
    assert me.name == "SET Portal"
    assert me.account_id
    assert datetime.now(me.zone).utcoffset() is not None


def test_it_knows_cloud_from_data_center_and_asks_once(site: Sandbox, ask: Ask) -> None:
    asked = ask(site)
    assert [asked.cloud, asked.cloud] == [site.flavour == "cloud"] * 2
    assert asked.requests == 1


def test_every_issue_is_found_once_in_order_whatever_the_page(site: Sandbox, ask: Ask) -> None:
    wanted = [f"MM-{number}" for number in range(1, 231)]
    assert keys(ask(site)) == wanted
    assert keys(ask(site), page=7) == wanted


def test_ids_come_in_one_answer(site: Sandbox, ask: Ask) -> None:
    asked = ask(site)
    _ = asked.cloud
    asked.requests = 0
    assert len([identity for ids in asked.ids(ALL) for identity in ids]) == 230
    assert asked.requests == 1


def test_no_more_is_asked_than_needed_and_the_count_is_told(site: Sandbox, ask: Ask) -> None:
    asked = ask(site)
    _ = asked.cloud
    asked.requests = 0
    keys(asked)
    assert asked.requests == 3
    seen = [entry for entry in site.requests() if "search" in entry["path"]]
    assert len(seen) == 3
    assert all("summary" in entry["query"] for entry in seen)


def test_one_issue_is_read_by_its_id_and_none_where_there_is_none(site: Sandbox, ask: Ask) -> None:
    asked = ask(site)
    found = asked.issue(100_000, fields=FIELDS)
    assert found is not None
    assert found[0]["key"] == "MM-1"
    assert found[0]["changelog"]["histories"]
    assert asked.issue(999_999_999, fields=FIELDS) is None


def test_a_project_is_found_or_missing(site: Sandbox, ask: Ask) -> None:
    assert ask(site).project("MM")["key"] == "MM"
    with pytest.raises(JiraMissing):
        ask(site).project("NOPE")


def test_the_clock_is_jiras(cloud: Sandbox, ask: Ask) -> None:
    asked = ask(cloud)
    told = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
    asked.me()
    assert asked.jira_time is not None
    for header, wanted in ((format_datetime(told, usegmt=True), told), ("Wed, 06 May 2031 09:08:09 +0200", told)):
        asked._note_time(header)
        assert asked.jira_time == wanted
    for nonsense in ("", "soon", "Wed, 99 May 2031 07:08:09 GMT", "1, 2 3 4 5 6", "Wed, 06 May 99999 07:08:09 GMT"):
        asked._note_time(nonsense)
        assert asked.jira_time == told


def test_a_twin_knows_what_the_first_knew(cloud: Sandbox, ask: Ask) -> None:
    asked = ask(cloud)
    _ = asked.cloud
    twin = asked.twin()
    assert (twin.cloud, twin.requests) == (True, 0)
    twin.close()


def test_about_how_many_there_are_is_told_or_not(cloud: Sandbox, ask: Ask) -> None:
    assert ask(cloud).count('project = "MM"') == 230
    cloud.fault(path="approximate-count", status=403)
    assert ask(cloud).count('project = "MM"') is None


# Where paging ends


def pages(cloud: Sandbox, *bodies: Any) -> None:
    """Let the next answers to a search be these."""
    for body in bodies:
        cloud.fault(path="search/jql", status=200, body=body)


ISSUE = {"id": "1", "key": "MM-1", "fields": {}}


def test_a_repeated_token_is_garbled_and_what_came_before_was_given(cloud: Sandbox, ask: Ask) -> None:
    pages(cloud, *[{"issues": [ISSUE], "nextPageToken": "a"}] * 3)
    given = []
    with pytest.raises(JiraGarbled, match="same page"):
        given += [page.issues[0][0]["key"] for page in ask(cloud).search(ALL, fields=FIELDS)]
    assert len([entry for entry in cloud.requests() if "search" in entry["path"]]) == 2


@pytest.mark.parametrize(
    ("bodies", "found"),
    [
        ([{"issues": [], "nextPageToken": "a"}], 0), ([{"issues": [ISSUE]}], 1), ([{"issues": [ISSUE],
        "nextPageToken": None}], 1),
        ([{"issues": [ISSUE], "nextPageToken": "a", "isLast": True}], 1),
        ([{"issues": [ISSUE], "nextPageToken": "a"}, {"issues": [], "nextPageToken": "b"}], 1),
        ([{"issues": [ISSUE], "nextPageToken": "a"}, {"issues": [ISSUE], "nextPageToken": "b"}, {"issues": [ISSUE]}],
        3),
        ([{"issues": ["junk", ISSUE, None]}], 1),
    ],
    ids=["an empty page", "no token", "a null token", "said to be the last", "an empty page later", "three",
    "junk among them"],
)
def test_paging_ends(cloud: Sandbox, ask: Ask, bodies: list[Any], found: int) -> None:
    pages(cloud, *bodies)
    assert len(keys(ask(cloud))) == found


@pytest.mark.parametrize("told", [{"id": "abc"}, {"id": "²"}, {"id": 0}, {"id": None}, {"id": "9" * 30}, []])
def test_an_issue_that_was_made_without_its_number_may_have_been_made(cloud: Sandbox, ask: Ask, told: object) -> None:
    cloud.fault(path="issue$", method="POST", status=201, body=told)
    with pytest.raises(JiraGarbled, match="which issue it made") as caught:
        JiraWriter(ask(cloud)).create({"summary": "A"}, label="set-a", key="a")
    assert caught.value.unanswered


def test_pages_without_end_are_garbled(cloud: Sandbox, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MOST_PAGES", 3)
    pages(cloud, *[{"issues": [ISSUE], "nextPageToken": str(number)} for number in range(5)])
    with pytest.raises(JiraGarbled, match="do not end"):
        keys(ask(cloud))


@pytest.mark.parametrize("body", [[], {}, {"issues": None}, {"issues": "none"}, {"issues": {}}, 7, "text"])
def test_an_answer_without_issues_is_garbled_and_not_an_empty_project(cloud: Sandbox, ask: Ask, body: Any) -> None:
    pages(cloud, body)
    with pytest.raises(JiraGarbled):
        keys(ask(cloud))


@pytest.mark.parametrize("zone", [None, "", "Nowhere/Land", "../etc/passwd", "America", 7])
def test_a_zone_that_does_not_exist_is_said_to_be_so(cloud: Sandbox, ask: Ask, zone: Any) -> None:
    cloud.fault(path="myself", status=200, body={"accountId": "a", "timeZone": zone})
    with pytest.raises(JiraGarbled, match="time zone"):
        ask(cloud).me()


# Faults


@pytest.mark.parametrize(
    ("rule", "kind", "words"),
    [
        ({"status": 400}, JiraRefused, "refused (HTTP 400): Fault on demand."),
        ({"status": 401}, JiraRefused, "refuses the sign-in (HTTP 401)"),
        ({"status": 403}, JiraRefused, "does not allow"), ({"status": 404}, JiraMissing, "nothing there"),
        ({"status": 410}, JiraMissing, "nothing there"), ({"status": 500}, JiraAway, "out of order (HTTP 500)"),
        ({"status": 502, "html": True}, JiraAway, "out of order (HTTP 502)"), ({"status": 503}, JiraAway,
        "out of order"),
        ({"status": 503, "retry_after": 30}, JiraWaits, "asks to wait"), ({"status": 429}, JiraWaits, "asks to wait"),
        ({"html": True}, JiraGarbled, "sign-in page"), ({"garbage": True}, JiraGarbled, "broke off or is no JSON"),
        ({"truncate": True}, JiraAway, "broke off its answer"), ({"drop": "before"}, JiraAway, "cannot be reached"),
        ({"drop": "after"}, JiraAway, "cannot be reached"),
        ({"status": 200, "body": ["x" * 100_000], "truncate": True}, JiraAway, "broke off its answer"),
        ({"status": 500, "truncate": True}, JiraAway, ""), ({"status": 429, "truncate": True}, JiraFault, ""),
    ],
)
def test_each_fault_has_its_kind_and_words_and_nothing_is_tried_twice(
    cloud: Sandbox, ask: Ask, rule: dict[str, Any], kind: type[JiraFault], words: str
) -> None:
    cloud.fault(path="myself", times=-1, **rule)
    asked = ask(cloud)
    with pytest.raises(kind) as caught:
        asked.me()
    assert words in caught.value.words
    assert type(caught.value) is kind or kind is JiraFault
    assert asked.requests == 1
    cloud.clear_faults()
    asked.me()
    assert len(logged(cloud, 2)) == 2


@pytest.mark.parametrize(
    ("header", "wait"),
    [("7", 7), ("0", 1), ("soon", 60), ("99999999999999999999", 21_600), ("1" * 5_000, 21_600),
     ("Wed, 21 Oct 2037 07:28:00 GMT", 21_600), ("Wed, 21 Oct 2015 07:28:00 GMT", 1), ("", 60)],
)
@pytest.mark.parametrize("status", [429, 503])
def test_every_form_of_retry_after_is_a_moment(
    cloud: Sandbox, ask: Ask, header: str, wait: int, status: int
) -> None:
    if status == 503 and not header:
        pytest.skip("a 503 that does not ask to wait is just out of order")
    cloud.fault(path="myself", status=status, retry_after=header)
    before = clock.now()
    with pytest.raises(JiraWaits) as caught:
        ask(cloud).me()
    assert before <= caught.value.until - timedelta(seconds=wait) <= clock.now()
    assert caught.value.status == status


def test_a_wrong_token_is_refused_in_words(site: Sandbox) -> None:
    asked = JiraClient(config_of(site, token="wrong"))
    with pytest.raises(JiraRefused, match="refuses the sign-in"):
        asked.me()
    asked.close()


def test_an_unknown_project_is_refused_with_jiras_own_words(site: Sandbox, ask: Ask) -> None:
    with pytest.raises(JiraRefused, match="HTTP 400"):
        keys(ask(site), 'project = "NOPE"')


def test_slow_is_away_and_a_trickle_too(cloud: Sandbox, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "READ", 0.2)
    cloud.fault(path="myself", delay_ms=1_000)
    with pytest.raises(JiraAway, match="did not answer in time"):
        ask(cloud).me()
    cloud.clear_faults()
    monkeypatch.setattr(wire, "WHOLE", -1.0)
    with pytest.raises(JiraAway, match="too slowly"):
        ask(cloud).me()


def test_too_large_is_garbled(cloud: Sandbox, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LARGEST", 100)
    with pytest.raises(JiraGarbled, match="larger than"):
        ask(cloud).me()


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes a connection and says nothing."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        taken: list[socket.socket] = []
        threading.Thread(target=lambda: taken.append(listening.accept()[0]), daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        for each in taken:
            each.close()


def test_a_server_that_says_nothing_is_away(silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "READ", 0.2)
    asked = JiraClient(Jira(base_url=silent, email="a@b", api_token="c"))
    with pytest.raises(JiraAway, match="did not answer in time"):
        asked.me()
    asked.close()


Answered = Callable[[Callable[[socket.socket], None]], str]


@pytest.fixture
def answered() -> Iterator[Answered]:
    """A server that answers each request as a function of the test does; its address."""
    listening: list[socket.socket] = []

    def serve(answer: Callable[[socket.socket], None]) -> str:
        door = socket.create_server(("127.0.0.1", 0))
        listening.append(door)

        def run() -> None:
            with contextlib.suppress(OSError):
                while True:
                    taken, _ = door.accept()
                    with taken, contextlib.suppress(OSError):
                        taken.recv(65_536)
                        answer(taken)

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{door.getsockname()[1]}"

    yield serve
    for door in listening:
        door.close()


def asking(address: str) -> JiraClient:
    return JiraClient(Jira(base_url=address, email="a@b", api_token="c"))


HEADS = {
    "plain": "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n",
    "chunked": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n",
    "packed": "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5000\r\n\r\n",
    "an error": "HTTP/1.1 500 Oh\r\nContent-Length: 5000\r\n\r\n",
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_a_dripping_answer_does_not_outlast_its_bound(
    answered: Answered, monkeypatch: pytest.MonkeyPatch, head: str
) -> None:
    def drip(taken: socket.socket) -> None:
        taken.sendall(head.encode())
        for byte in gzip.compress(random.Random(1).randbytes(4_000)):
            taken.sendall(bytes([byte]))
            time.sleep(0.02)

    monkeypatch.setattr(wire, "WHOLE", 0.5)
    asked = asking(answered(drip))
    with pytest.raises(JiraAway, match="too slowly"):
        asked.me()  # not what is said of one that came to its end
    asked.close()


def test_a_small_answer_that_unpacks_to_much_is_garbled(answered: Answered, monkeypatch: pytest.MonkeyPatch) -> None:
    body = gzip.compress(b" " * 5_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    monkeypatch.setattr(wire, "LARGEST", 1_000_000)
    with pytest.raises(JiraGarbled, match="larger than 1 MB"):
        asking(answered(lambda taken: taken.sendall(head.encode() + body))).me()


@pytest.mark.parametrize("code", ["gzip", "br"])
def test_an_answer_that_cannot_be_unpacked_is_garbled(answered: Answered, code: str) -> None:
    answer = f"HTTP/1.1 200 OK\r\nContent-Encoding: {code}\r\nContent-Length: 4\r\n\r\nnope"
    with pytest.raises(JiraGarbled):
        asking(answered(lambda taken: taken.sendall(answer.encode()))).me()


def test_a_packed_answer_is_read(answered: Answered) -> None:
    body = gzip.compress(b'{"displayName": "Ada", "timeZone": "Europe/Berlin"}')
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    assert asking(answered(lambda taken: taken.sendall(head.encode() + body))).me().name == "Ada"


def test_credentials_are_not_taken_to_another_address(answered: Answered) -> None:
    heard: list[bytes] = []
    elsewhere = answered(lambda taken: heard.append(b"somebody came"))
    answer = f"HTTP/1.1 302 Found\r\nLocation: {elsewhere}/rest/api/2/myself\r\nContent-Length: 0\r\n\r\n"
    asked = asking(answered(lambda taken: taken.sendall(answer.encode())))
    with pytest.raises(JiraRefused, match="set JIRA_BASE_URL"):
        asked.me()
    assert heard == []
    asked.close()


def test_a_question_that_is_sent_is_not_turned_into_another_by_a_redirect(answered: Answered) -> None:
    answer = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    with pytest.raises(JiraRefused, match="sends us on"):
        asking(answered(lambda taken: taken.sendall(answer)))._asked("POST", "search", {}, {})


def test_within_its_own_address_jira_may_send_us_on(answered: Answered) -> None:
    body = b'{"displayName": "Ada", "timeZone": "Europe/Berlin"}'
    answers = [
        b"HTTP/1.1 301 Moved\r\nLocation: /jira/rest/api/2/myself\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body),
    ]
    assert asking(answered(lambda taken: taken.sendall(answers.pop(0)))).me().name == "Ada"


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 31 Dec 9999 23:59:59 -2359",
                                  "Mon, 99 Jan 99999 00:00:00 GMT", "Wed, 04 Mar 2026 10:22:30 +99999999999999"])
def test_an_odd_date_in_an_answer_is_passed_over(answered: Answered, date: str) -> None:
    body = '{"displayName": "Ada", "timeZone": "Europe/Berlin"}'
    answer = f"HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    asked = asking(answered(lambda taken: taken.sendall(answer.encode())))
    assert asked.me().name == "Ada"
    assert asked.jira_time is None


def test_nobody_there_is_away() -> None:
    asked = JiraClient(Jira(base_url="http://127.0.0.1:9", email="a@b", api_token="c"))
    with pytest.raises(JiraAway, match="cannot be reached"):
        asked.me()
    asked.close()


# Long logs


def test_long_logs_and_many_comments_are_read_whole(cloud: Sandbox, ask: Ask) -> None:
    for number in range(150):
        cloud.bulk("set", issues=["MM-7"], fields={"summary": f"Name {number}"})
    for number in range(3):
        cloud.jira("POST", "/rest/api/2/issue/MM-7/comment", json={"body": f"said {number}"})
    histories = ask(cloud).histories(100_006)
    assert len(histories) == 153
    assert len({entry["id"] for entry in histories}) == 153
    assert [entry["body"] for entry in ask(cloud).comments(100_006)] == ["said 0", "said 1", "said 2"]
