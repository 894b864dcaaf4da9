"""An address is shown by its scheme and its end, and taken out of what others say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from set_rotation.rules.addresses import SERVICES, channel_of, masked, without_secrets


@pytest.mark.parametrize(("address", "shown"), [
    ("twilio://AC123456:token@+15551234567/+15557654321", "twilio://…21"),
    ("twilio://AC123456:token@+15551234567/+15557654321?method=call", "twilio://…21"),
    ("ntfy://ntfy.sh/my-topic/", "ntfy://…ic"), ("ntfy://topic", "ntfy://…"), ("Pover://u@t", "pover://…"),
    ("", "://…"),
])
def test_an_address_is_shown_by_its_scheme_and_its_end(address: str, shown: str) -> None:
    assert masked(address) == shown


@pytest.mark.parametrize(("said", "left"), [
    ("HTTP 404 at https://host.example/hook/s3cret-key?x=1", "HTTP 404 at https://…?x=1"),
    ("Max retries exceeded with url: /hook/s3cret-key", "Max retries exceeded with url: /…/…"),
    ("S3CRET-KEY is unknown", "… is unknown"), ("The service did not answer.", "The service did not answer."),
])
def test_what_a_service_says_is_told_without_the_address(said: str, left: str) -> None:
    assert without_secrets(said, "jsons://host.example/hook/s3cret-key") == left


def test_a_secret_written_with_percent_signs_is_found_in_plain_too() -> None:
    assert "p@ss" not in without_secrets("wrong p@ss", "mailto://u:p%40ss@host.example")


PART = st.text("abcdefghijklmnopqrstuvwxyz0123456789_-", min_size=3, max_size=20)


@given(parts=st.lists(PART, min_size=1, max_size=4), before=st.text(max_size=20), after=st.text(max_size=20))
def test_no_part_of_an_address_is_left(parts: list[str], before: str, after: str) -> None:
    address = "scheme://" + "/".join(parts)
    told = without_secrets(f"{before} {' '.join(parts)} {address} {after}", address).lower()
    assert not any(part in told for part in parts)
    assert address not in told


def test_every_example_names_its_scheme() -> None:
    assert all("://" in service.example and service.words for service in SERVICES)
    assert len({service.key for service in SERVICES}) == len(SERVICES)


@pytest.mark.parametrize(("address", "channel"), [
    ("twilio://a:b@+1555/+1556?method=call", "call"), ("twilio://a:b@+1555/+1556", "sms"), ("SNS://a/b", "sms"),
    ("pover://u@t", "push"), ("pagerduty://k@a", "push"), ("twilio://a:b@+1/+2?x=1&method=call", "call"),
])
def test_what_an_address_does_is_told_from_it(address: str, channel: str) -> None:
    assert channel_of(address) == channel
