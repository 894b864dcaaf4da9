from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from people.choices import Role
from people.models import Person
from people.tests import factories
from portal.celery import app

SignedIn = Callable[..., Client]


@pytest.fixture
def signed_in(db: None) -> SignedIn:
    """A client signed in as somebody with these roles, or as the given person."""

    def make(*roles: Role, person: Person | None = None) -> Client:
        client = Client()
        client.force_login(person or factories.person(*roles))
        return client

    return make


@pytest.fixture
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Celery's broker is away, really: nothing listens where it is said to be."""
    monkeypatch.setattr(app.conf, "broker_url", "redis+socket:///nowhere/valkey.sock")


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Settings) -> None:
    """A password is hashed a hundred times in these tests; how slowly is not what they ask."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
