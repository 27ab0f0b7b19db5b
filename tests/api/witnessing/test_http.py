"""The HTTP client against servers that are slow, large, broken, or gone."""

from __future__ import annotations

import contextlib
import gzip
import re
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from api.witnessing.http import HttpFailed, HttpPrefix
from api.witnessing.remote import HttpFiles, HttpWitness
from ledger.log.client import FetchFailed
from ledger.log.peers import WitnessUnreachable
from ledger.log.witness import AddCheckpoint, WitnessError, monitoring_path

Answer = Callable[[bytes], bytes | None]
"""Gives the bytes to send for a request; None closes the connection."""


def whole(request: bytes) -> bool:
    """Return whether a request is there with all of its body."""
    head, end, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)


class Raw:
    """A server on the loopback that sends exactly the bytes that it is told to."""

    def __init__(self, answer: Answer) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/prefix"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError):
            while True:
                request = b""
                while not whole(request):  # head and body may come apart
                    part = peer.recv(65_536)
                    if not part:
                        return
                    request += part
                self.requests.append(request)
                sent = self._answer(request)
                if sent is None:
                    return
                peer.sendall(sent)

    def close(self) -> None:
        """Stop."""
        self._socket.close()


@contextlib.contextmanager
def raw(answer: Answer | bytes) -> Iterator[Raw]:
    """Serve an answer."""
    server = Raw(answer if callable(answer) else lambda _: answer)
    try:
        yield server
    finally:
        server.close()


def http(body: bytes = b"", *, status: str = "200 OK", headers: str = "") -> bytes:
    """Return an HTTP answer."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


def get(server: Raw, *, bytes_max: int = 100, timeout: int = 5) -> bytes:
    """Ask a server for a file."""
    prefix = HttpPrefix(server.url, timeout_seconds=timeout)
    try:
        return prefix.request("GET", "a/b c", bytes_max=bytes_max).body
    finally:
        prefix.close()


def test_a_request_and_its_answer():
    with raw(http(b"hello", headers="X-Two: yes\r\n")) as server:
        prefix = HttpPrefix(server.url + "/")
        answer = prefix.request("POST", "a/b c", body=b"sent", bytes_max=5)
        prefix.close()
    assert (answer.status, answer.body, answer.headers["x-two"]) == (200, b"hello", "yes")
    assert server.requests[0].startswith(b"POST /prefix/a/b%20c HTTP/1.1\r\n")
    assert server.requests[0].endswith(b"\r\n\r\nsent")


def test_the_connection_is_kept_open():
    """As tlog-witness asks of clients; also after an empty body, and when it is closed between."""
    with raw(http()) as server:
        prefix = HttpPrefix(server.url)
        for _ in range(5):
            assert prefix.request("GET", "x", bytes_max=5).body == b""
        prefix.close()
        assert server.connections == 1
    with raw(http(b"x", headers="Connection: close\r\n")) as server:
        prefix = HttpPrefix(server.url)
        for _ in range(3):
            assert prefix.request("GET", "x", bytes_max=5).body == b"x"
        prefix.close()
        assert server.connections == 3


def test_a_connection_that_was_closed_meanwhile_is_opened_again():
    count = [0]

    def every_second(_: bytes) -> bytes | None:
        count[0] += 1
        return None if count[0] % 2 == 0 else http(b"x")

    with raw(every_second) as server:
        prefix = HttpPrefix(server.url)
        for _ in range(3):
            assert prefix.request("GET", "x", bytes_max=5).body == b"x"
        prefix.close()


BROKEN = {
    "closed at once": lambda _: None,
    "no http": b"hello\r\n\r\n",
    "cut off": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nabc",
    "too large": http(b"x" * 101),
    "too large without length": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 101,
    "too large in chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n"
    + b"x" * 0x65
    + b"\r\n0\r\n\r\n",
    "a bomb": http(gzip.compress(b"\0" * 100_000), headers="Content-Encoding: gzip\r\n"),
    "no gzip": http(b"hello", headers="Content-Encoding: gzip\r\n"),
    "half a gzip": http(gzip.compress(b"hello")[:-4], headers="Content-Encoding: gzip\r\n"),
    "two gzips": http(gzip.compress(b"a") * 2, headers="Content-Encoding: gzip\r\n"),
    "another coding": http(b"x", headers="Content-Encoding: br\r\n"),
    "endless head": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_no_usable_answer(name: str):
    with raw(BROKEN[name]) as server, pytest.raises(HttpFailed):
        get(server, timeout=1)


def test_gzip_is_unpacked():
    with raw(http(gzip.compress(b"hello"), headers="Content-Encoding: gzip\r\n")) as server:
        assert get(server) == b"hello"


@pytest.mark.parametrize("sends", ["nothing", "drops"])
def test_a_slow_server_does_not_hold_us_up(sends: str):
    """The time is that of the whole request, not of each byte."""
    stop = threading.Event()

    def slowly(_: bytes) -> bytes | None:
        stop.wait(30)
        return None

    with raw(slowly if sends == "nothing" else b"HTTP/1.1 200 OK\r\nX:") as server:
        with pytest.raises(HttpFailed):
            get(server, timeout=1)
        stop.set()


def test_nobody_there():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(HttpFailed, match="gave no answer"):
        HttpPrefix(f"http://127.0.0.1:{port}").request("GET", "x", bytes_max=1)


def test_redirects_are_not_followed():
    with raw(http(status="302 Found", headers="Location: http://other.example/\r\n")) as server:
        prefix = HttpPrefix(server.url)
        assert prefix.request("GET", "x", bytes_max=5).status == 302
        prefix.close()
        files = HttpFiles(server.url)
        with pytest.raises(FetchFailed, match="302"):
            files.read("checkpoint")
        files.close()


@pytest.mark.parametrize(
    "url",
    ["", "park.example/ledger", "ftp://park.example", "http://", "http://user@park.example",
     "http://park.example/?a=b", "http://park.example/#a", "http://park.example:x/"],
)  # fmt: skip
def test_addresses_that_are_not_asked(url: str):
    with pytest.raises(ValueError, match=r"."):
        HttpPrefix(url)


@pytest.mark.parametrize(("status", "error"), [("404 Not Found", LookupError),
                                               ("410 Gone", LookupError),
                                               ("500 Oops", FetchFailed)])  # fmt: skip
def test_files_that_are_not_there(status: str, error: type[Exception]):
    with raw(http(b"no", status=status)) as server:
        files = HttpFiles(server.url)
        with pytest.raises(error):
            files.read("tile/0/000")
        files.close()


def test_a_file_larger_than_it_can_be():
    with raw(http(b"x" * 8_193)) as server:
        files = HttpFiles(server.url)
        with pytest.raises(FetchFailed, match="more than"):
            files.read("tile/0/000")
        files.close()


REQUEST = AddCheckpoint(old_size=1, proof=(bytes(32),), checkpoint=b"note")


def witness_of(server: Raw) -> HttpWitness:
    """Return the witness at a server."""
    return HttpWitness(prefix=HttpPrefix(server.url, timeout_seconds=2))


def test_a_witness_is_asked_as_the_protocol_says():
    with raw(http(b"lines")) as server:
        witness = witness_of(server)
        assert witness.add_checkpoint(REQUEST) == b"lines"
        assert witness.latest("park.example") == b"lines"
        witness.prefix.close()
    assert server.requests[0].startswith(b"POST /prefix/add-checkpoint HTTP/1.1\r\n")
    assert server.requests[0].endswith(b"\r\n\r\n" + REQUEST.encode())
    path = monitoring_path("park.example").encode()
    assert server.requests[1].startswith(b"GET /prefix/" + path)


@pytest.mark.parametrize("status", [400, 403, 404, 422])
def test_a_witness_that_refuses(status: int):
    with raw(http(b"because", status=f"{status} No")) as server:
        witness = witness_of(server)
        with pytest.raises(WitnessError, match="because") as caught:
            witness.add_checkpoint(REQUEST)
        witness.prefix.close()
    assert (caught.value.status, caught.value.size) == (status, None)


SIZE = "Content-Type: text/x.tlog.size\r\n"


@pytest.mark.parametrize(
    ("body", "headers", "size"),
    [
        (b"17\n", SIZE, 17),
        (b"0\n", SIZE, 0),
        (b"17\n", "Content-Type: text/x.tlog.size; charset=utf-8\r\n", 17),
        (b"17", SIZE, None),
        (b"017\n", SIZE, None),
        (b"-1\n", SIZE, None),
        (b"17\n\n", SIZE, None),
        (b"9" * 20 + b"\n", SIZE, None),
        (b"17\n", "Content-Type: text/plain\r\n", None),
        (b"17\n", "", None),
    ],
)
def test_a_conflict_tells_its_size_in_one_form_only(body: bytes, headers: str, size: int | None):
    with raw(http(body, status="409 Conflict", headers=headers)) as server:
        witness = witness_of(server)
        with pytest.raises(WitnessError) as caught:
            witness.add_checkpoint(REQUEST)
        witness.prefix.close()
    assert (caught.value.status, caught.value.size) == (409, size)


@pytest.mark.parametrize("status", ["500 Oops", "204 Nothing", "301 Away"])
def test_a_witness_that_answers_oddly(status: str):
    with raw(http(status=status)) as server:
        witness = witness_of(server)
        with pytest.raises(WitnessUnreachable):
            witness.add_checkpoint(REQUEST)
        with pytest.raises(WitnessUnreachable):
            witness.latest("park.example")
        witness.prefix.close()


def test_a_witness_that_has_seen_nothing():
    with raw(http(status="404 Not Found")) as server:
        witness = witness_of(server)
        assert witness.latest("park.example") is None
        witness.prefix.close()


def test_a_witness_that_is_gone():
    with raw(b"") as server:
        url = server.url
    witness = HttpWitness(prefix=HttpPrefix(url, timeout_seconds=1))
    with pytest.raises(WitnessUnreachable):
        witness.add_checkpoint(REQUEST)
