"""Live pages: one server-sent event stream per topic, over Redis publish and subscribe.

An event has an id that only grows. There is no replay: a page knows the last id it has seen, and a stream that
starts with another one tells it at once that it is stale; the page then fetches itself again.
"""

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from weakref import WeakKeyDictionary

import redis
import redis.asyncio
import structlog
from asgiref.sync import SyncToAsync
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeout
from redis.retry import Retry as PlainRetry

from portal.common import clock
from portal.common.away import is_away, kept_waiting

log = structlog.get_logger(__name__)

PATIENCE = 2.0  # seconds for a connection, and for an answer
CHANNEL = "set:live:"
LASTS = 15 * 60.0  # seconds; then the page opens another stream, and is asked again whether it may
HEARTBEAT = 20.0  # seconds; shorter than the idle time-outs of common proxies
OVER = "over"  # the event that ends a stream: the page opens another, and is asked again whether it may
MARKED_FOR = 30 * 24 * 3600  # seconds for which it is known what of a topic was told
BACKLOG = 200  # events a slow reader may lag behind before it is told to fetch the page again

# Starts at the server's time in ms, so that ids go on growing when the broker has lost everything.
NEXT_ID = """
local id = redis.call('INCR', KEYS[1])
if id == 1 then
  local t = redis.call('TIME')
  id = t[1] * 1000 + math.floor(t[2] / 1000)
  redis.call('SET', KEYS[1], string.format('%.0f', id))
end
id = string.format('%.0f', id)
if ARGV[1] then redis.call('PUBLISH', KEYS[2], cjson.encode({id, ARGV[1], ARGV[2]})) end
return id
"""


@lru_cache(maxsize=1)
def client() -> "redis.Redis":
    """The connection to the broker that events are published over."""
    once = PlainRetry(NoBackoff(), 0)
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=once
    )


def publish(topic: str, name: str, html: str) -> bool:
    """Send an event to everyone who looks at `topic`. Call it after the commit. Returns whether the broker took it; one
    that is away is logged."""
    try:
        client().eval(NEXT_ID, 2, f"{CHANNEL}id:{topic}", f"{CHANNEL}{topic}", name, html)
    except (RedisError, OSError) as error:
        log.warning("live event not sent", topic=topic, event_name=name, error=str(error))
        return False
    return True


def mark(topic: str, told: Mapping[str, str]) -> None:
    """Note what of a topic was told: its name, and how it was then. After it was published: whoever dies in between
    tells it twice rather than never."""
    if not told or is_away(settings.REDIS_URL):
        return
    key = f"{CHANNEL}told:{topic}"
    with contextlib.suppress(RedisError, OSError), client().pipeline(transaction=False) as both:
        both.hset(key, items=[one for pair in told.items() for one in pair])
        both.expire(key, MARKED_FOR)
        both.execute()


def marks(topic: str) -> dict[str, str] | None:
    """What of a topic was told, as `mark` has noted it. None: the broker is away."""
    if is_away(settings.REDIS_URL):
        return None
    try:
        found = client().hgetall(f"{CHANNEL}told:{topic}")
    except (RedisError, OSError):
        return None
    return {_text(name): _text(how) for name, how in found.items()}


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def unmark(topic: str, names: Collection[str]) -> None:
    """Forget of these that they were told."""
    if names:
        with contextlib.suppress(RedisError, OSError):
            client().hdel(f"{CHANNEL}told:{topic}", *names)


def reserve(topic: str) -> str:
    """An id of the topic that no event gets. Take it before reading what is to be told: of two that tell at once,
    whoever has the greater one has read what the other had committed. Empty when the broker is away."""
    if is_away(settings.REDIS_URL):
        return ""
    try:
        value = client().eval(NEXT_ID, 1, f"{CHANNEL}id:{topic}")
    except (RedisError, OSError):
        return ""
    return value.decode() if isinstance(value, bytes) else ""


def current_id(topic: str) -> str:
    """The id of the topic's last event; read it before the page's queries. Empty when the broker is away."""
    if is_away(settings.REDIS_URL):
        return ""
    try:
        value = client().get(f"{CHANNEL}id:{topic}")
    except (RedisError, OSError) as error:
        if isinstance(error, RedisTimeout | TimeoutError):
            kept_waiting(settings.REDIS_URL)
        return ""
    return value.decode() if isinstance(value, bytes) else "0"


@dataclass
class Hub:
    """Fans the broker's events out to the streams of this process. One per event loop."""

    readers: dict[str, set["asyncio.Queue[bytes]"]] = field(default_factory=lambda: defaultdict(set))
    task: "asyncio.Task[None] | None" = None
    connected: asyncio.Event = field(default_factory=asyncio.Event)

    def join(self, topic: str) -> "asyncio.Queue[bytes]":
        """A queue that receives the topic's events from now on, as bytes ready to send."""
        if self.task is None or self.task.done():
            self.connected.clear()
            self.task = asyncio.create_task(self._listen())
        queue: asyncio.Queue[bytes] = asyncio.Queue(maxsize=BACKLOG)
        self.readers[topic].add(queue)
        return queue

    def leave(self, topic: str, queue: "asyncio.Queue[bytes]") -> None:
        self.readers[topic].discard(queue)

    async def _listen(self) -> None:
        wait = 0.2
        while True:
            try:
                # The client's own retries would come back in silence, and pages would miss what passed meanwhile.
                client = redis.asyncio.Redis.from_url(
                    settings.REDIS_URL, socket_connect_timeout=5, retry=Retry(NoBackoff(), 0)
                )
                async with client.pubsub() as pubsub:
                    await pubsub.psubscribe(f"{CHANNEL}*")
                    await pubsub.get_message(timeout=5)
                    if wait > 0.2:
                        self._tell_all(encode("", "stale", ""))  # events may have passed while nobody listened
                    self.connected.set()
                    wait = 0.2
                    async for message in pubsub.listen():
                        if message["type"] == "pmessage":
                            self._deliver(message["channel"].decode().removeprefix(CHANNEL), message["data"])
            except (RedisError, OSError) as error:
                log.warning("live events interrupted", error=str(error))
                if self.connected.is_set():
                    self.connected.clear()
                    self._tell_all(encode("", "away", ""))
                await asyncio.sleep(wait)
                wait = min(wait * 2, 5.0)

    def _deliver(self, topic: str, data: bytes) -> None:
        readers = self.readers.get(topic)
        if not readers:
            return
        event_id, name, html = json.loads(data)
        event = encode(event_id, name, html)
        for queue in readers:
            _put(queue, event)

    def _tell_all(self, event: bytes) -> None:
        for readers in self.readers.values():
            for queue in readers:
                _put(queue, event)


def _put(queue: "asyncio.Queue[bytes]", event: bytes) -> None:
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        event = event if _ends(event) else encode("", "stale", "")
    queue.put_nowait(event)


def _ends(event: bytes) -> bool:
    """Whether it ends the streams that it reaches. Its name stands behind its id, at the very front."""
    return f"\nevent: {OVER}\n".encode() in event[:64]


def encode(event_id: str, name: str, html: str) -> bytes:
    """One event in the form of the HTML standard; every line of the data has its own `data:`."""
    lines = [f"id: {event_id}"] if event_id else []
    lines.append(f"event: {name}")
    lines.extend(f"data: {line}" for line in (html.splitlines() or [""]))
    return ("\n".join(lines) + "\n\n").encode()


# By the loop itself, not by its number: a number comes again when a loop is gone, and with it a hub that is dead.
_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())


def _give_back_thread() -> None:
    """Django keeps a thread for each request until its answer has ended: a thousand open boards held a thousand. The
    stream needs none; at its end a new one is made for the moment that Django still has something to do in it."""
    context = SyncToAsync.thread_sensitive_context.get(None)
    executor = SyncToAsync.context_to_thread_executor.pop(context, None) if context else None
    if executor is not None:
        executor.shutdown(wait=False)


async def events(topic: str, since: str, lasts: float = LASTS) -> AsyncIterator[bytes]:
    """The stream of a topic for a page that has seen everything up to the id `since`, for `lasts` seconds at most.

    Who may see is asked when a stream begins; a stream that never ended would outlive the right to see. Where that
    right is taken away at once, `OVER` is published: it ends every stream of the topic.
    """
    ends = asyncio.get_running_loop().time() + lasts
    _give_back_thread()
    here = hub()
    queue = here.join(topic)
    try:
        yield b"retry: 2000\n\n" + encode("", "clock", clock.now().isoformat(timespec="milliseconds"))
        try:
            await asyncio.wait_for(here.connected.wait(), timeout=5)
        except TimeoutError:
            yield encode("", "away", "")
        # Joined before asking: an event between the two arrives twice rather than never.
        if since != await asyncio.to_thread(current_id, topic):
            yield encode("", "stale", "")
        while (left := ends - asyncio.get_running_loop().time()) > 0:
            try:
                event = await asyncio.wait_for(queue.get(), timeout=min(HEARTBEAT, left))
            except TimeoutError:
                yield b": still here\n\n"
                continue
            yield event
            if _ends(event):  # fewer may see it than before
                return
        yield encode("", OVER, "")
    finally:
        here.leave(topic, queue)
