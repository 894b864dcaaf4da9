import json
import logging
import subprocess
import sys
from collections.abc import Callable

import pytest
import structlog
from django.conf import settings
from django.test import RequestFactory

from portal.common.logs import hidden
from portal.common.tests.production import environ
from portal.tests.patience import PATIENCE

SECRET = "tiger-lily-9f31"
Lines = Callable[[], str]


@pytest.fixture
def line(caplog: pytest.LogCaptureFixture) -> Lines:
    """The last record as the portal's own handler writes it."""
    formatters = [handler.formatter for handler in logging.getLogger().handlers]
    [ours] = [each for each in formatters if isinstance(each, structlog.stdlib.ProcessorFormatter)]
    return lambda: ours.format(caplog.records[-1])


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (f"Forbidden: /webhooks/jira/?secret={SECRET}", "Forbidden: /webhooks/jira/?secret=…"),
        (f"GET /webhooks/jira/?a=1&secret={SECRET}&b=2 403", "GET /webhooks/jira/?a=1&secret=…&b=2 403"),
        (f"/x/?webhook_secret={SECRET}", "/x/?webhook_secret=…"),
        (f"/x/?access_token={SECRET}'>", "/x/?access_token=…'>"),
        (f"Not Found: /invitation/{SECRET}:1a:b-c/", "Not Found: /invitation/…/"),
        (f"Not Found: /p/{SECRET}:b-c/", "Not Found: /p/…/"),
        (f"Not Found: /escalations/form/{SECRET}/thanks/", "Not Found: /escalations/form/…/thanks/"),
        (f"Not Found: /escalations/rate/{SECRET}/", "Not Found: /escalations/rate/…/"),
        (f"Not Found: /s/{SECRET}/feed.atom", "Not Found: /s/…/feed.atom"),
        (f"Not Found: /s/leave/{SECRET}/", "Not Found: /s/leave/…/"),
        (f"Gone: /sign-in/reset/MQ/{SECRET}/", "Gone: /sign-in/reset/MQ/…/"),
        (f"Authorization: Bearer setp_{SECRET}", "Authorization: Bearer …"),
        (f"setp_{SECRET} was refused", "… was refused"),
        ("Not Found: /tickets/MM-123/?q=token", "Not Found: /tickets/MM-123/?q=token"),
        ("Not Found: /sign-in/reset/sent/", "Not Found: /sign-in/reset/sent/"),
        ("", ""),
    ],
)
def test_secrets_and_tokens_of_addresses_are_hidden_and_nothing_else(said: str, kept: str) -> None:
    assert hidden(said) == kept


def test_a_refused_request_is_logged_without_itself_and_its_query(line: Lines) -> None:
    request = RequestFactory().post(f"/webhooks/jira/?secret={SECRET}")
    logging.getLogger("django.request").warning(
        "Forbidden: %s", request.get_full_path(), extra={"status_code": 403, "request": request}
    )
    assert "Forbidden: /webhooks/jira/?secret=…" in line()
    assert SECRET not in line()
    assert "WSGIRequest" not in line()
    assert "403" in line()


def test_a_traceback_and_a_nested_value_hide_theirs_too(line: Lines) -> None:
    try:
        raise ValueError(f"cannot open /invitation/{SECRET}/")
    except ValueError:
        logging.getLogger("x").exception("failed", extra={"data": {"args": [f"?token={SECRET}"]}})
    assert "ValueError: cannot open /invitation/…/" in line()
    assert SECRET not in line()


PRODUCTION = """
import django, logging
django.setup()
from django.test import Client
for path in ("/webhooks/jira/?secret=SECRET", "/invitation/SECRET/", "/sign-in/reset/MQ/SECRET/?token=SECRET"):
    Client(raise_request_exception=False).delete(path, secure=True, headers={"host": "set.example.org"})
logging.getLogger("uvicorn.error").warning("GET /invitation/SECRET/ was cut off")
logging.getLogger("celery").warning("task of ?secret=SECRET")
"""


def test_in_production_no_line_of_any_library_says_a_secret() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PRODUCTION.replace("SECRET", SECRET)], env=environ(), cwd=settings.BASE_DIR, text=True,
        capture_output=True, timeout=PATIENCE,
    )
    assert ran.returncode == 0, ran.stderr
    assert SECRET not in ran.stderr + ran.stdout
    said = [json.loads(each)["event"] for each in ran.stderr.splitlines() if each.startswith("{")]
    assert "GET /invitation/…/ was cut off" in said
    assert "task of ?secret=…" in said
    assert any(each.startswith("Method Not Allowed") for each in said), said
