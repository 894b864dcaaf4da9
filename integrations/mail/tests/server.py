"""A mail server on this machine that says what a test wants of it."""

import contextlib
import email
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message


@dataclass
class MailServer:
    """`answers`: what it says instead of yes to a command ("RCPT", "DATA", "END" after a message, "HELLO" at the start;
    "RCPT ines@example.test": to that address alone); an empty answer breaks off. `messages`: what it took; `tried`: to
    whom somebody wanted to write."""

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)


YES = {
    "HELLO": "220 here", "EHLO": "250 here", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on", "END": "250 ok",
    "RSET": "250 ok", "QUIT": "221 bye",
}


@contextlib.contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run one; Django's settings name it by EMAIL_HOST and EMAIL_PORT."""
    state = MailServer()

    class Talk(socketserver.StreamRequestHandler):
        def say(self, command: str, to: str = "") -> bool:
            """Whether the talk goes on."""
            yes = YES.get(command, "500 what?")
            words = state.answers.get(f"{command} {to}", state.answers.get(command, yes))
            if words:
                self.wfile.write(f"{words}\r\n".encode())
            return bool(words)

        def handle(self) -> None:
            going = self.say("HELLO")
            while going and (line := self.rfile.readline()):
                command = line[:4].decode().upper()
                to = line.decode().partition("<")[2].partition(">")[0] if command == "RCPT" else ""
                if to:
                    state.tried.append(to)
                going = self.say(command, to) and command != "QUIT"
                if going and command == "DATA" and "DATA" not in state.answers:
                    state.messages.append(self.take())
                    going = self.say("END")

        def take(self) -> Message:
            lines: list[bytes] = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line[1:] if line.startswith(b"..") else line)
            return email.message_from_bytes(b"".join(lines))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as server:
        server.daemon_threads = True
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield state
        server.shutdown()
