"""Both servers in one process and one event loop."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator
from dataclasses import replace

import uvicorn

from integrations.sandbox.front import Front
from integrations.sandbox.jira.app import build_jira
from integrations.sandbox.jira.lively import live
from integrations.sandbox.jira.opening import open_store
from integrations.sandbox.mattermost.app import build_mattermost
from integrations.sandbox.options import Options
from integrations.sandbox.storage import Storage

STATE_FILE = "state.sqlite3"


class _Server(uvicorn.Server):
    """A server that leaves the signals to us: two of them share the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP outright: asyncio switches Nagle's delay (40 ms an answer) off only on such sockets.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise SystemExit(f"sandbox: cannot listen on {host}:{port}: {error.strerror}") from None
    listener.listen(512)
    return listener


def _server(front: Front) -> _Server:
    config = uvicorn.Config(
        front, log_level="critical", access_log=False, lifespan="off", timeout_graceful_shutdown=1,
        timeout_keep_alive=75, server_header=False,
    )  # fmt: skip
    return _Server(config)


async def serve(options: Options) -> None:
    """Serve until SIGTERM or SIGINT. Prints one line when both ports answer."""
    # Bound before the state is opened: a taken port must not cost the state of the one who has it.
    jira_socket = _listen(options.host, options.jira_port)
    chat_socket = _listen(options.host, options.mattermost_port)
    options = replace(options, jira_port=jira_socket.getsockname()[1], mattermost_port=chat_socket.getsockname()[1])
    storage = Storage(options.state / STATE_FILE)
    store = open_store(storage, options)
    jira = build_jira(store, options)
    site = jira.app.state.site  # type: ignore[attr-defined]
    chat = build_mattermost(storage, options)
    servers = [_server(jira), _server(chat)]
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, servers)
    tasks = [
        asyncio.create_task(server.serve(sockets=[listener]))
        for server, listener in zip(servers, (jira_socket, chat_socket), strict=True)
    ]
    background = [asyncio.create_task(live(site, options))] if options.lively else []
    await _started(servers)
    print(
        f"sandbox ready: Jira ({options.flavour}) http://{options.host}:{options.jira_port} with "
        f"{len(store.issues)} issues, Mattermost http://{options.host}:{options.mattermost_port}",
        flush=True,
    )
    await asyncio.gather(*tasks)
    for task in background:
        task.cancel()
    await site.webhooks.close()
    storage.close()


async def _started(servers: list[_Server]) -> None:
    # uvicorn tells that it is ready by a flag, not by an event.
    while not all(server.started for server in servers):  # noqa: ASYNC110
        await asyncio.sleep(0.01)


def _stop(servers: list[_Server]) -> None:
    for server in servers:
        # A second signal does not wait for open connections.
        server.force_exit = server.should_exit
        server.should_exit = True
