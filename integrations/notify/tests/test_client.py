"""Messages to phones through Apprise, against a service of the test's own: handed over, refused, too slow; and what an
address that somebody typed in must not reach."""

import dataclasses
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings as now_settings

from integrations import notify
from integrations.notify import client
from integrations.notify.tests.service import Service, running_service
from integrations.public import is_loopback, is_public
from portal.tests.patience import PATIENCE

BOTH: tuple[Callable[[str], str], ...] = (notify.check, lambda address: notify.send(address, "title", "body"))


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service() as found:
        yield found


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "BOUND", PATIENCE)


@pytest.fixture
def in_production() -> Iterator[None]:
    before = now_settings.ENV
    now_settings.ENV = dataclasses.replace(before, debug=False)
    yield
    now_settings.ENV = before


def test_a_message_is_handed_over_whole(service: Service) -> None:
    assert notify.send(service.address(), "You are paged", "Ärger in the lab.\nhttps://set.example/p/1 <&>") == "JSON"
    [told] = service.got
    assert (told["title"], told["message"]) == ("You are paged", "Ärger in the lab.\nhttps://set.example/p/1 <&>")


@pytest.mark.parametrize(("address", "name"), [
    ("tgram://170000000:ABCDEFabcdef-abcdefghijkl/12345/", "Telegram"), ("pagerduty://integration@key", "Pager Duty"),
    ("ntfy://a-topic-that-is-no-host", "ntfy"),
    ("twilio://ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:token@+15551234567/+15557654321", "Twilio"),
])
def test_an_address_is_checked_by_name_without_a_message(address: str, name: str) -> None:
    assert notify.check(address) == name


@pytest.mark.parametrize("address", [
    "", "   ", "hello", "nosuch://service", "json://", "pagerduty://", "json://\x00", "json://a\nb", "x" * 3_000,
    "https://example.com/hook", "mqtt://localhost/topic",
])
def test_what_apprise_does_not_know_is_refused_in_words(address: str) -> None:
    with pytest.raises(notify.NotifyRefused) as caught:
        notify.check(address)
    assert "no address" in caught.value.words or "not installed here" in caught.value.words


@pytest.mark.parametrize("scheme", [
    "file", "syslog", "dbus", "gnome", "macosx", "windows", "glib", "rsyslog", "Syslog",
])
def test_what_acts_on_the_portals_own_machine_is_refused(scheme: str) -> None:
    for ask in BOTH:
        with pytest.raises(notify.NotifyRefused, match="machine that the portal runs on"):
            ask(f"{scheme}://x")


@pytest.mark.parametrize("address", [
    "json://10.1.2.3/x", "xml://192.168.0.9/x", "form://172.16.0.1/x", "json://169.254.169.254/latest/meta-data",
    "gotify://192.168.1.1/token", "json://[fd00::1]/x", "json://[::ffff:10.0.0.1]/x", "json://0.0.0.0/x",
])
def test_a_private_network_is_refused_at_the_check_and_at_the_message(address: str) -> None:
    for ask in BOTH:
        with pytest.raises(notify.NotifyRefused, match="private network"):
            ask(address)


@pytest.mark.usefixtures("in_production")
def test_this_machine_is_for_a_demo_only(service: Service) -> None:
    for host in ("127.0.0.1", "localhost", "[::1]"):
        with pytest.raises(notify.NotifyRefused, match="private network"):
            notify.send(f"json://{host}:{service.port}/x", "a", "b")
    # Another way to write 127.0.0.1, which only the system understands.
    with pytest.raises(notify.NotifyRefused, match="private network"):
        notify.send(f"json://2130706433:{service.port}/x", "a", "b")
    assert not service.got


def test_a_redirect_into_a_private_network_is_not_followed(service: Service) -> None:
    service.status, service.headers = 307, {"Location": "http://10.1.2.3/latest"}
    with pytest.raises(notify.NotifyRefused, match=r"private network \(10\.1\.2\.3\)"):
        notify.send(service.address(), "a", "b")


def test_an_address_that_names_a_file_of_the_portals_sends_nothing_of_it(service: Service) -> None:
    address = service.address("12345678/abcdefgh/?template=/etc/passwd", scheme="workflow")
    with pytest.raises(notify.NotifyRefused, match="names a file of this machine"):
        notify.send(address, "a", "b")
    assert not service.got


@pytest.mark.parametrize(("status", "fault"), [
    (400, notify.NotifyRefused), (401, notify.NotifyRefused), (404, notify.NotifyRefused),
    (429, notify.NotifyAway), (500, notify.NotifyAway), (503, notify.NotifyAway),
])
def test_a_no_is_for_good_or_passes(service: Service, status: int, fault: type[notify.NotifyFault]) -> None:
    service.status = status
    with pytest.raises(fault) as caught:
        notify.send(service.address(), "a", "b")
    assert caught.value.words == "JSON did not take the message." and caught.value.status is None
    assert "secret-key" not in caught.value.words + caught.value.detail


def test_a_service_that_is_not_there_is_tried_again_and_an_unknown_name_too() -> None:
    for address in ("json://127.0.0.1:9/x", "json://no-such-host.invalid/x"):
        with pytest.raises(notify.NotifyAway):
            notify.send(address, "a", "b")
    with pytest.raises(notify.NotifyRefused, match="No server is known by the name no-such-host"):
        notify.check("json://no-such-host.invalid/x")


def test_a_service_that_never_answers_is_given_up_in_time_whatever_its_address_says(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "BOUND", 2.0)
    service.free.clear()
    with pytest.raises(notify.NotifyAway, match="did not answer within 2 seconds"):
        notify.send(service.address("?rto=600&retry=9&wait=60"), "a", "b")
    assert not service.free.is_set()  # it would not have answered yet


@pytest.mark.parametrize(("address", "public"), [
    ("93.184.216.34", True), ("2606:2800:220:1::1", True), ("10.0.0.1", False), ("127.0.0.1", False),
    ("169.254.169.254", False), ("100.64.0.1", False), ("224.0.0.1", False), ("0.0.0.1", False), ("::", False),
    ("::1", False), ("fe80::1%eth0", False), ("fd00::1", False), ("::ffff:10.0.0.1", False),
    ("::ffff:93.184.216.34", True), ("64:ff9b::a00:1", False), ("64:ff9b::5db8:d822", True), ("2002:a00:1::", False),
    ("ff02::1", False), ("example.com", False), ("", False), ("fec0::1", False), ("::a00:1", False),
    ("64:ff9b:1::a00:1", False),
])
def test_which_addresses_lie_outside(address: str, public: bool) -> None:
    assert is_public(address) is public
    assert is_loopback(address) is (address in {"127.0.0.1", "::1"})
