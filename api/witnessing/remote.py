"""Witnesses and logs at the other end of HTTP, as the ledger's protocols want them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from api.witnessing.http import Answer, HttpFailed, HttpPrefix
from ledger.log import note
from ledger.log.client import FetchFailed, file_bytes_max
from ledger.log.peers import WitnessUnreachable
from ledger.log.witness import SIZE_TYPE, AddCheckpoint, WitnessError, monitoring_path

REFUSALS = (400, 403, 404, 409, 422)

FILE_SECONDS = 60
"""Of one file of a log: an entry bundle may have 16 MiB."""

_ABSENT = (404, 410)
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpWitness:
    """A witness at an address (C2SP tlog-witness): a `RemoteWitness` of `ledger.log.cosigning`.

    `prefix` serves submissions and monitors alike.
    """

    prefix: HttpPrefix

    @property
    def name(self) -> str:
        """Its address."""
        return self.prefix.url

    def add_checkpoint(self, request: AddCheckpoint) -> bytes:
        """Return the signature lines of its answer. Raises WitnessError, WitnessUnreachable."""
        answer = self._ask("POST", "add-checkpoint", body=request.encode())
        if answer.status == 200:
            return answer.body
        if answer.status in REFUSALS:
            raise _refusal(answer)
        raise self._odd(answer)

    def latest(self, origin: str) -> bytes | None:
        """Return the last cosigned checkpoint that it shows. Raises WitnessUnreachable."""
        answer = self._ask("GET", monitoring_path(origin))
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise self._odd(answer)
        return answer.body

    def close(self) -> None:
        """Close the connection."""
        self.prefix.close()

    def _ask(self, method: str, path: str, *, body: bytes | None = None) -> Answer:
        try:
            return self.prefix.request(method, path, body=body, bytes_max=note.NOTE_BYTES_MAX)
        except HttpFailed as error:
            raise WitnessUnreachable(str(error)) from error

    def _odd(self, answer: Answer) -> WitnessUnreachable:
        return WitnessUnreachable(f"{self.name} answered with status {answer.status}")


class HttpFiles:
    """The files of a log at an address: `read` is a `ReadFile` of `ledger.log.tiles`.

    Parameters
    ----------
    url
        The log's prefix, such as `https://park.example/ledger`.

    Raises
    ------
    ValueError
        When the address cannot be asked.
    """

    def __init__(self, url: str, *, timeout_seconds: int = FILE_SECONDS) -> None:
        self._prefix = HttpPrefix(url, timeout_seconds=timeout_seconds)

    def read(self, path: str) -> bytes:
        """Return a file of the log.

        Raises
        ------
        LookupError
            When the log has no such file.
        FetchFailed
            When it cannot be had, or is larger than such a file can be.
        """
        try:
            answer = self._prefix.request(
                "GET",
                path,
                headers={"Accept-Encoding": "gzip, identity"},
                bytes_max=file_bytes_max(path),
            )
        except HttpFailed as error:
            raise FetchFailed(f"{path}: {error}") from error
        if answer.status in _ABSENT:
            raise LookupError(f"{path} is not at {self._prefix.url}")
        if answer.status != 200:
            raise FetchFailed(f"{path}: {self._prefix.url} answered with status {answer.status}")
        return answer.body

    def close(self) -> None:
        """Close the connection."""
        self._prefix.close()


def _refusal(answer: Answer) -> WitnessError:
    """Return the refusal of an answer; a 409 tells its size only in the form of the protocol."""
    size = None
    if answer.status == 409:
        match = _SIZE.match(answer.body)
        if match and answer.headers.get("content-type", "").partition(";")[0] == SIZE_TYPE:
            size = int(match[1])
    reason = answer.body[:200].decode("utf-8", "replace").strip()
    return WitnessError(answer.status, f"status {answer.status}: {reason}", size=size)
