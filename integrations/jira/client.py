"""A client of Jira Cloud and Data Center, over the session of the `jira` package.

It never retries and never sleeps: who calls it decides. Every call is bounded in time and in size.
Facts: Atlassian's REST documents; what the package does beside them is in docs/mirror.md.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import requests
from jira import JIRA
from jira.exceptions import JIRAError
from urllib3.exceptions import NewConnectionError

from integrations.jira.answers import cleaned, decode, fault_of
from integrations.jira.faults import JiraAway, JiraGarbled, JiraMissing, JiraRefused
from integrations.jira.wire import guard
from portal.env import Jira

CONNECT, READ = 5.0, 30.0  # seconds; see `wire` for the bounds of a whole answer
PAGE, ID_PAGE = 100, 5_000
MOST_PAGES = 20_000
BIGINT = 19  # digits: what is longer is no id of an issue


@dataclass(frozen=True)
class Account:
    """Who the portal is in Jira. Date literals in JQL are read in `zone`."""

    account_id: str
    name: str
    zone: ZoneInfo


@dataclass(frozen=True)
class Page:
    """Issues of one answer, each with whether characters were taken out of it; `total` where Jira tells it."""

    issues: tuple[tuple[dict[str, Any], bool], ...]
    total: int | None


class JiraClient:
    """One conversation with Jira. `requests` counts what was asked; `jira_time` is the clock of the last answer."""

    def __init__(self, config: Jira) -> None:
        self._config = config
        options = {"rest_api_version": "2", "check_update": False}
        signed_in: dict[str, Any] = (
            {"token_auth": config.personal_access_token} if config.personal_access_token
            else {"basic_auth": (config.email, config.api_token)}
        )
        self._jira = JIRA(
            server=config.base_url, options=options, max_retries=0, timeout=(CONNECT, READ),
            get_server_info=False, **signed_in,
        )
        guard(self._jira._session)
        self._base = config.base_url
        self._cloud: bool | None = None
        self.requests = 0
        self.before_write: Callable[[], None] = lambda: None  # called right before each write; it may forbid it
        self.jira_time: datetime | None = None

    def close(self) -> None:
        self._jira.close()  # type: ignore[no-untyped-call]

    def twin(self) -> "JiraClient":
        """Another conversation with the same Jira, for another thread: a session serves one at a time."""
        twin = JiraClient(self._config)
        twin._cloud = self._cloud
        return twin

    @property
    def cloud(self) -> bool:
        """Whether this is Jira Cloud; asked once. Raises `JiraFault`."""
        if self._cloud is None:
            told = self._get("serverInfo")
            self._cloud = isinstance(told, Mapping) and str(told.get("deploymentType", "")).lower() == "cloud"
        return self._cloud

    @cloud.setter
    def cloud(self, told: bool) -> None:
        self._cloud = told

    def count(self, jql: str) -> int | None:
        """About how many issues a question finds (Cloud; Data Center tells with each page). None: Jira won't say."""
        try:
            told, _ = self._asked("POST", "search/approximate-count", {}, {"jql": jql})
        except JiraRefused:
            return None
        count = told.get("count") if isinstance(told, Mapping) else None
        return count if isinstance(count, int) else None

    def me(self) -> Account:
        """The account of our token. Raises `JiraFault`; `JiraGarbled` where its zone cannot be read."""
        told = self._get("myself")
        if not isinstance(told, Mapping):
            raise JiraGarbled("Jira did not say who this account is.")
        try:
            zone = ZoneInfo(str(told.get("timeZone")))
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise JiraGarbled(f"Jira names a time zone that does not exist: {told.get('timeZone')!r}.") from error
        identity = told.get("accountId") or told.get("key") or told.get("name") or ""
        return Account(str(identity), str(told.get("displayName", "")), zone)

    def fields(self) -> list[Mapping[str, Any]]:
        """Every field of this Jira, with its schema."""
        return self._listed(self._get("field"))

    def project(self, key: str) -> Mapping[str, Any]:
        """A project. Raises `JiraMissing` where there is none of this key, or it is out of sight."""
        told = self._get(f"project/{key}")
        return told if isinstance(told, Mapping) else {}

    def search(
        self, jql: str, *, fields: Sequence[str], changelog: bool = False, page: int = PAGE
    ) -> Iterator[Page]:
        """The issues of a question, page by page.

        It stops at a missing token, an empty page or the end that Jira tells; a repeated token is `JiraGarbled`.
        """
        asked = {"jql": jql, "fields": ",".join(fields), "maxResults": page}
        if changelog:
            asked["expand"] = "changelog"
        yield from self._search_cloud(asked) if self.cloud else self._search_data_center(asked)

    def ids(self, jql: str) -> Iterator[list[int]]:
        """The numeric ids that a question finds, up to 5,000 an answer."""
        for found in self.search(jql, fields=["id"], page=ID_PAGE):
            named = (str(issue.get("id", "")) for issue, _ in found.issues)
            yield [int(name) for name in named if name.isascii() and name.isdigit() and len(name) < BIGINT]

    def issue(self, identity: int | str, *, fields: Sequence[str]) -> tuple[dict[str, Any], bool] | None:
        """One issue by id or key, read from the database and not from the index; None where there is none to see."""
        try:
            told, cleaned = self._asked("GET", f"issue/{identity}", {"fields": ",".join(fields), "expand": "changelog"})
        except JiraMissing:
            return None
        if not isinstance(told, dict):
            raise JiraGarbled("Jira sent something else than an issue.")
        return told, cleaned

    def histories(self, identity: int) -> list[dict[str, Any]]:
        """The whole change log of an issue, oldest first (Cloud; Data Center sends it with the issue)."""
        return self._paged(f"issue/{identity}/changelog", "values")

    def comments(self, identity: int) -> list[dict[str, Any]]:
        """All comments of an issue."""
        return self._paged(f"issue/{identity}/comment", "comments")

    def _paged(self, path: str, name: str) -> list[dict[str, Any]]:
        gathered: list[dict[str, Any]] = []
        for _ in range(MOST_PAGES):
            told, _ = self._asked("GET", path, {"startAt": len(gathered), "maxResults": PAGE})
            found = self._listed(told.get(name)) if isinstance(told, Mapping) else []
            gathered += [dict(entry) for entry in found]
            total = told.get("total") if isinstance(told, Mapping) else None
            if not found or (isinstance(total, int) and len(gathered) >= total) or told.get("isLast") is True:
                return gathered
        raise JiraGarbled(f"Jira's pages of {path} do not end.")

    def _search_cloud(self, asked: Mapping[str, Any]) -> Iterator[Page]:
        token, seen = "", set()
        for _ in range(MOST_PAGES):
            told, dirty = self._told("GET", "search/jql", {**asked, **({"nextPageToken": token} if token else {})})
            page = self._page(told, dirty)
            if page.issues:
                yield page
            token = str(told.get("nextPageToken") or "") if isinstance(told, Mapping) else ""
            if not token or not page.issues or told.get("isLast") is True:
                return
            if token in seen:
                raise JiraGarbled("Jira sent the same page of a search twice; the run stops here.")
            seen.add(token)
        raise JiraGarbled("Jira's pages of a search do not end.")

    def _search_data_center(self, asked: Mapping[str, Any]) -> Iterator[Page]:
        start = 0
        for _ in range(MOST_PAGES):
            told, dirty = self._told("GET", "search", {**asked, "startAt": start})
            page = self._page(told, dirty)
            if not page.issues:
                return
            yield page
            start += len(page.issues)
            if page.total is not None and start >= page.total:
                return
        raise JiraGarbled("Jira's pages of a search do not end.")

    def _page(self, told: Any, dirty: bool) -> Page:
        if not isinstance(told, Mapping) or not isinstance(told.get("issues"), list):
            raise JiraGarbled("Jira's answer to a search holds no list of issues.")
        found = [issue for issue in told["issues"] if isinstance(issue, dict)]
        # One by one, so that only the issue that held something is said to have been cleaned.
        issues = tuple(cleaned(issue) for issue in found) if dirty else tuple((issue, False) for issue in found)
        total = told.get("total")
        return Page(issues, total if isinstance(total, int) else None)

    def _listed(self, told: Any) -> list[Mapping[str, Any]]:
        return [entry for entry in told if isinstance(entry, Mapping)] if isinstance(told, list) else []

    def _get(self, path: str) -> Any:
        return self._asked("GET", path, {})[0]

    def _asked(
        self, method: str, path: str, query: Mapping[str, Any], body: Mapping[str, Any] | None = None
    ) -> tuple[Any, bool]:
        """One request: the decoded answer, and whether characters were taken out of it. Raises `JiraFault`."""
        told, dirty = self._told(method, path, query, body)
        return cleaned(told) if dirty else (told, False)

    def _told(
        self, method: str, path: str, query: Mapping[str, Any], body: Mapping[str, Any] | None = None
    ) -> tuple[Any, bool]:
        """One request: the decoded answer, and whether there may be something to take out of it."""
        response = self._answered(method, f"api/2/{path}", query, body)
        return decode(response.content, response.headers.get("Content-Type", ""))

    def write(
        self, method: str, path: str, body: Mapping[str, Any], query: Mapping[str, Any] | None = None
    ) -> Any:
        """One write; `path` begins behind `rest/`. None where Jira answers with nothing.

        Raises `JiraFault`; where `unanswered` is set, the write may have taken effect all the same.
        """
        self.before_write()
        response = self._answered(method, path, query or {}, body)
        if not response.content.strip():
            return None
        return cleaned(decode(response.content, response.headers.get("Content-Type", ""))[0])[0]

    def _answered(
        self, method: str, path: str, query: Mapping[str, Any], body: Mapping[str, Any] | None
    ) -> requests.Response:
        self.requests += 1
        address = f"{self._base}/rest/{path}"
        try:
            response = self._jira._session.request(method, address, params=dict(query), json=body, stream=True)
        except JIRAError as error:
            raise fault_of(error) from error
        except (JiraAway, JiraGarbled) as fault:  # the answer broke off, so the question had arrived
            fault.unanswered = True
            raise
        except requests.exceptions.ConnectTimeout as error:
            raise JiraAway("Jira cannot be reached.", detail=str(error)) from error
        except requests.exceptions.Timeout as error:
            raise JiraAway("Jira did not answer in time.", detail=str(error), unanswered=True) from error
        except requests.exceptions.RequestException as error:
            words = "Jira cannot be reached, or broke off its answer."
            raise JiraAway(words, detail=str(error), unanswered=not _never_left(error)) from error
        self._note_time(response.headers.get("Date", ""))
        return response

    def _note_time(self, header: str) -> None:
        try:
            told = parsedate_to_datetime(header)
            self.jira_time = (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, OverflowError):
            return


def _never_left(error: requests.exceptions.RequestException) -> bool:
    """Whether no connection was made, so that nothing can have taken effect."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError)
