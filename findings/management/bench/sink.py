"""A mail server that takes everything and keeps nothing but two counts."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Sink(socketserver.ThreadingTCPServer):
    """Counts connections and mails."""

    daemon_threads = True
    connections = mails = 0

    @property
    def url(self) -> str:
        """The setting that sends a site's mails here."""
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class _Dialogue(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        sink = self.server
        assert isinstance(sink, Sink)
        sink.connections += 1
        self._say("220 sink")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self._say("354 go on")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                sink.mails += 1
            if word == b"QUIT":
                self._say("221 bye")
                return
            self._say("250 ok")

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@contextmanager
def sink() -> Iterator[Sink]:
    """A server on a free port of this machine, in a thread of its own."""
    with Sink(("127.0.0.1", 0), _Dialogue) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
