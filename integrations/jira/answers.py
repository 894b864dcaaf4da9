"""Jira's answers read: their JSON cleaned, their errors as faults in words, and how long they ask to wait."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from jira.exceptions import JIRAError

from integrations.clean import clean, suspicious
from integrations.jira.faults import JiraAway, JiraFault, JiraGarbled, JiraMissing, JiraRefused, JiraWaits
from portal.common import clock

LONGEST_WAIT = timedelta(hours=6)


def decode(body: bytes, kind: str) -> tuple[Any, bool]:
    """The JSON of an answer, and whether it may hold what the database refuses. Raises `JiraGarbled` in words."""
    text = body.decode("utf-8", errors="replace")
    try:
        # Not strict: a raw control character in a string is no reason to read nothing at all.
        told = json.loads(
            text, strict=False, parse_constant=_no_number, parse_float=_finite, parse_int=_bounded
        )
        return told, suspicious(text)
    except (ValueError, RecursionError) as error:
        if "html" in kind.lower() or text.lstrip()[:1] == "<":
            words = (
                "Jira answered with a web page instead of data; often that is a sign-in page: "
                "check JIRA_BASE_URL and the token."
            )
        else:
            words = "Jira's answer broke off or is no JSON."
        raise JiraGarbled(words, detail=text[:500], unanswered=True) from error


def cleaned(told: Any) -> tuple[Any, bool]:
    """What the database takes of an answer, and whether that is less. Raises `JiraGarbled` for a bottomless one."""
    try:
        return clean(told)
    except RecursionError as error:
        raise JiraGarbled("Jira's answer is nested too deeply.") from error


def _finite(told: str) -> float | None:
    """PostgreSQL's JSON knows no infinity: `1e999` is no number to us either."""
    number = float(told)
    return number if math.isfinite(number) else None


def _bounded(told: str) -> int | None:
    """Python reads no integer of 4,300 digits, and would refuse the whole answer for it."""
    return int(told) if len(told) < 400 else None


def _no_number(_: str) -> None:
    return None


def fault_of(error: JIRAError) -> JiraFault:
    """The fault behind an answer with an error status, with Jira's own words as its detail."""
    status, response = error.status_code or 0, error.response
    headers = response.headers if response is not None else {}
    detail = jiras_words(response)
    if status == 429 or (status == 503 and headers.get("Retry-After")):
        until = retry_at(headers.get("Retry-After", ""), clock.now())
        alone = "per-issue" in headers.get("RateLimit-Reason", "")
        return JiraWaits(f"Jira asks to wait until {until:%H:%M:%S} UTC (HTTP {status}).", until=until, detail=detail,
                         status=status, alone=alone)
    if status >= 500:
        return JiraAway(f"Jira is out of order (HTTP {status}).", detail=detail, status=status, unanswered=True)
    if status in {404, 410}:
        return JiraMissing(f"Jira has nothing there (HTTP {status}): {detail}", detail=detail, status=status)
    if status == 401:
        words = "Jira refuses the sign-in (HTTP 401): check JIRA_EMAIL and JIRA_API_TOKEN, or the personal token."
        return JiraRefused(words, detail=detail, status=status)
    if status == 403:
        words = f"Jira does not allow this account to do that (HTTP 403): {detail}"
        return JiraRefused(words, detail=detail, status=status)
    return JiraRefused(f"Jira refused (HTTP {status}): {detail}", detail=detail, status=status)


def jiras_words(response: requests.Response | None) -> str:
    """Jira's own error messages, joined; at most 500 characters of whatever else it sent."""
    if response is None:
        return ""
    try:
        told = json.loads(response.text)
    except (ValueError, RecursionError, requests.exceptions.RequestException):
        return "no reason given"
    if isinstance(told, Mapping):
        errors, messages = told.get("errors"), told.get("errorMessages")
        words = [str(word) for word in messages] if isinstance(messages, list) else []
        words += [f"{name}: {word}" for name, word in errors.items()] if isinstance(errors, Mapping) else []
        words += [str(told["message"])] if told.get("message") else []
        return " ".join(words)[:500] or "no reason given"
    return "no reason given"


def retry_at(header: str, now: datetime) -> datetime:
    """When a `Retry-After` allows the next try: seconds or an HTTP date; nonsense is a minute, six hours the most."""
    header = header.strip()
    wait = timedelta(minutes=1)
    if header.isascii() and header.isdigit():
        wait = timedelta(seconds=min(int(header.lstrip("0")[:7] or 0), 10**6))  # Python refuses 4,300 digits
    elif header:
        try:
            told = parsedate_to_datetime(header)
            wait = (told if told.tzinfo else told.replace(tzinfo=UTC)) - now
        except (ValueError, TypeError, OverflowError):
            pass
    return now + min(max(wait, timedelta(seconds=1)), LONGEST_WAIT)
