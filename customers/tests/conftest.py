"""Somebody signed in."""

from collections.abc import Callable

import pytest
from django.test import Client

from people.choices import Role
from people.tests import factories

SignedIn = Callable[..., Client]


@pytest.fixture
def signed_in(db: None) -> SignedIn:
    """A client signed in as somebody with these roles."""

    def make(*roles: Role) -> Client:
        client = Client()
        client.force_login(factories.person(*roles))
        return client

    return make
