"""Fetch ahead: an iterator runs in a thread of its own while its caller works on what came before."""

import queue
import threading
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class _End(Generic[T]):
    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def ahead(source: Iterator[T], *, depth: int = 2) -> Iterator[T]:
    """The items of `source`, up to `depth` of them fetched before they are asked for. An error arrives in its place;
    who stops early stops the thread too, after the item it is fetching."""
    items: queue.Queue[T | _End[T]] = queue.Queue(maxsize=depth)
    stopped = threading.Event()

    def put(item: "T | _End[T]") -> None:
        while not stopped.is_set():
            try:
                items.put(item, timeout=0.2)
                return
            except queue.Full:
                continue

    def fetch() -> None:
        try:
            for item in source:
                put(item)
                if stopped.is_set():
                    return
        except BaseException as error:
            put(_End(error))
        else:
            put(_End(None))

    thread = threading.Thread(target=fetch, name="ahead", daemon=True)
    thread.start()
    try:
        while True:
            item = items.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item
    finally:
        stopped.set()
