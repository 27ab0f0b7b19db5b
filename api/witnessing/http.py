"""A small HTTP client for logs and witnesses: bounded in time and size, and it follows no one.

An address comes from a policy file or from the command line. Redirects are not followed, cookies
and proxies of the environment are not used, and what arrives is cut off at the size that the
caller expects: the other side may be anybody.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, urlsplit

from ledger.errors import LedgerError

TIMEOUT_SECONDS = 5
"""Of a whole request: connecting, sending, and reading the answer to its end."""

_CHUNK_BYTES = 65_536
_USER_AGENT = "parkloom"


class HttpFailed(LedgerError):
    """No usable answer came: not reached, too slow, too large, or no HTTP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def checked_url(text: str) -> SplitResult:
    """Return the parts of an address that may be asked.

    Raises
    ------
    ValueError
        When it is not http or https, has no host, or names a user, a query or a fragment.
    """
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{text[:200]!r} is no http or https address")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError(f"{text[:200]!r}: an address without user, query and fragment is expected")
    _ = parts.port  # a port that is no number raises here
    return parts


@dataclass(slots=True)
class HttpPrefix:
    """Paths below an address, over one connection that is kept open between requests.

    Parameters
    ----------
    url
        The prefix, with or without a slash at its end.
    timeout_seconds
        Of each request as a whole.

    Raises
    ------
    ValueError
        When the address cannot be asked.
    """

    url: str
    timeout_seconds: int = TIMEOUT_SECONDS
    _parts: SplitResult = field(init=False)
    _connection: http.client.HTTPConnection | None = field(init=False, default=None)
    _mutex: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._parts = checked_url(self.url)

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        bytes_max: int,
    ) -> Answer:
        """Send a request and return the whole answer, decompressed.

        A connection that the other side had closed meanwhile is opened again once.

        Parameters
        ----------
        path
            Below the prefix, without a slash at its start.
        bytes_max
            The most that the body may have, compressed and not.

        Raises
        ------
        HttpFailed
        """
        target = f"{self._parts.path.rstrip('/')}/{quote(path)}"
        sent = {"User-Agent": _USER_AGENT, **(headers or {})}
        deadline = time.monotonic() + self.timeout_seconds
        with self._mutex:
            for fresh in (self._connection is None, True):
                try:
                    return self._exchange(method, target, body, sent, bytes_max, deadline)
                except (http.client.RemoteDisconnected, ConnectionError, BrokenPipeError) as error:
                    self._drop()
                    if fresh:
                        raise self._failed(error) from error
                except (OSError, http.client.HTTPException, zlib.error) as error:
                    self._drop()
                    raise self._failed(error) from error
                except HttpFailed:
                    self._drop()
                    raise
        raise AssertionError

    def close(self) -> None:
        """Close the connection."""
        with self._mutex:
            self._drop()

    def _exchange(
        self,
        method: str,
        target: str,
        body: bytes | None,
        headers: Mapping[str, str],
        bytes_max: int,
        deadline: float,
    ) -> Answer:
        connection = self._connected(deadline)
        connection.request(method, target, body=body, headers=dict(headers))
        _limit(connection, deadline)
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        data = self._read(connection, response, bytes_max, deadline)
        if response.will_close:
            self._drop()
        coding = found.get("content-encoding", "identity").lower()
        if coding == "gzip":
            data = _gunzip(data, bytes_max)
        elif coding != "identity":
            raise HttpFailed(f"{self.url} answered in the coding {coding[:40]!r}")
        return Answer(status=response.status, headers=found, body=data)

    def _connected(self, deadline: float) -> http.client.HTTPConnection:
        if self._connection is None:
            host, port = self._parts.hostname or "", self._parts.port
            timeout = max(0.01, deadline - time.monotonic())
            if self._parts.scheme == "https":
                context = ssl.create_default_context()
                self._connection = http.client.HTTPSConnection(
                    host, port, timeout=timeout, context=context
                )
            else:
                self._connection = http.client.HTTPConnection(host, port, timeout=timeout)
            self._connection.connect()
        _limit(self._connection, deadline)
        return self._connection

    def _read(
        self,
        connection: http.client.HTTPConnection,
        response: http.client.HTTPResponse,
        bytes_max: int,
        deadline: float,
    ) -> bytes:
        """Read to the end; a server that sends slowly does not get more time by it."""
        parts: list[bytes] = []
        length = 0
        while part := response.read1(_CHUNK_BYTES):
            parts.append(part)
            length += len(part)
            if length > bytes_max:
                raise HttpFailed(f"{self.url} sent more than {bytes_max:,} bytes")
            _limit(connection, deadline)
        if response.length:
            raise HttpFailed(f"{self.url} ended {response.length} bytes too early")
        response.close()  # the connection stays open for the next request
        return b"".join(parts)

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _failed(self, error: Exception) -> HttpFailed:
        detail = str(error) or type(error).__name__
        return HttpFailed(f"{self.url} gave no answer: {detail}")


def _limit(connection: http.client.HTTPConnection, deadline: float) -> None:
    """Let the next step of the socket take no longer than what is left of the whole."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("it took too long")
    if isinstance(connection.sock, socket.socket):
        connection.sock.settimeout(left)


def _gunzip(data: bytes, bytes_max: int) -> bytes:
    """Return what was compressed, at most so many bytes of it."""
    inflater = zlib.decompressobj(wbits=31)
    found = inflater.decompress(data, bytes_max + 1)
    if len(found) > bytes_max:
        raise HttpFailed(f"what was sent unpacks to more than {bytes_max:,} bytes")
    if not inflater.eof or inflater.unused_data:
        raise HttpFailed("what was sent is not one whole gzip stream")
    return found
