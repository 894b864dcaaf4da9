"""What tests wait by, and what ends the endless."""

import re
import signal
import threading

import pytest

from portal.tests.patience import Endless, ended, not_for_ever, until


def test_what_comes_is_returned_and_what_never_does_is_said() -> None:
    found = iter(["", "", "there"])
    assert until(lambda: next(found), "it did not come") == "there"
    with pytest.raises(AssertionError, match="it did not come"):
        until(lambda: False, "it did not come", patience=0.1)


def test_threads_that_come_to_their_end_are_waited_for() -> None:
    go = threading.Event()
    waiting = threading.Thread(target=go.wait)
    waiting.start()
    go.set()
    ended(waiting)
    assert not waiting.is_alive()


def test_what_looks_at_everything_from_everywhere_is_ended_and_what_looks_once_is_not() -> None:
    with not_for_ever(pieces=2):
        assert not re.search("ab", "a" * 500_000)
    with pytest.raises(Endless), not_for_ever(pieces=2):
        re.search("a+b", "a" * 500_000)
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGVTALRM) == signal.SIG_DFL
