"""Small parts for tests of the log: keys, requests and rules that are easy to reason about."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.errors import KeyUnknown, Refusal, SignatureMissing
from ledger.log import canonical, note
from ledger.log.canonical import JsonObject
from ledger.log.crash import no_crash
from ledger.log.entry import Envelope, Signature
from ledger.log.publisher import Publisher
from ledger.log.rules import JsonState
from ledger.log.sequencer import Sequencer
from ledger.log.signer import CheckpointSigner
from ledger.log.signing import key_id, sign_body
from ledger.log.store import AppendRequest, LogStore
from ledger.log.writer import Writer

ORIGIN = "park.example/ledger"
NEVER_MS = 4_102_444_800_000  # 2100-01-01
LOG_KEY = note.Signer(name=ORIGIN, private_key=Ed25519PrivateKey.from_private_bytes(b"\1" * 32))


def private_key(name: str) -> Ed25519PrivateKey:
    """Return a key that belongs to a name, the same in every process."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())


def public_key(name: str) -> bytes:
    """Return the raw public key of a name."""
    return private_key(name).public_key().public_bytes_raw()


def idem_of(text: str) -> str:
    """Return a request id that belongs to a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def make_request(
    text: str,
    /,
    *,
    signers: Sequence[str] = ("ann",),
    disclosures: Sequence[str] = (),
    **fields: object,
) -> AppendRequest:
    """Return a signed request whose id belongs to `text`; `fields` replace those of the body."""
    body: JsonObject = {
        "v": 1,
        "log": ORIGIN,
        "type": "test.noted",
        "subject": "s1",
        "idem": idem_of(text),
        "exp": NEVER_MS,
        "text": text,
    }
    body |= fields  # type: ignore[arg-type]
    body = {name: value for name, value in body.items() if value is not None}
    data = canonical.encode(body)
    signatures = tuple(
        Signature(
            kid=key_id(public_key(name)),
            role="seller",
            sig=sign_body(private_key(name), str(body["log"]), data),
        )
        for name in signers
    )
    return AppendRequest(
        request_id=str(body["idem"]),
        body=data,
        signatures=signatures,
        disclosures=tuple(disclosures),
    )


class Forbidden(Refusal):
    """The test's rule says no."""

    code = "TEST_FORBIDDEN"


@dataclass
class CountingRules:
    """Rules that count entries by subject up to a limit, and refuse the text `forbidden`.

    The count is raised before the refusal, so a refused attempt that left traces would show.
    """

    limit: int | None = None
    version: int = 1
    keys: dict[str, bytes] = field(
        default_factory=lambda: {key_id(public_key(n)): public_key(n) for n in ("ann", "bob")}
    )

    def recognise(self, text: str) -> JsonObject | None:
        """Know nothing: every body is read the long way."""

    def signer_keys(
        self, state: JsonState, body: JsonObject, signatures: Sequence[Signature]
    ) -> Sequence[bytes]:
        """Return the keys of ann and bob."""
        if not signatures:
            raise SignatureMissing("Somebody has to sign.")
        for signature in signatures:
            if signature.kid not in self.keys:
                raise KeyUnknown(f"No key {signature.kid}.", kid=signature.kid)
        return [self.keys[signature.kid] for signature in signatures]

    def admit(self, state: JsonState, body: JsonObject, disclosures: Sequence[str]) -> str | None:
        """Return the body's wish for a tag."""
        wish = body.get("wish_tag")
        return str(wish) if wish is not None else None

    def apply(self, state: JsonState, envelope: Envelope) -> None:
        """Count."""
        key = f"count/{envelope.body['subject']}"
        value = state.get(key) or {"count": 0}
        count = int(str(value["count"])) + 1
        value["count"] = count
        state.put(key, value)
        if envelope.body.get("text") == "forbidden":
            raise Forbidden("The text is forbidden.", text="forbidden")
        if self.limit is not None and count > self.limit:
            raise Forbidden(f"At most {self.limit}.", limit=self.limit)
        if envelope.body.get("text") == "stumble":
            raise KeyError("a fault of the rules")


@dataclass
class Clock:
    """A clock that is set by hand."""

    now_ms: int = 1_750_000_000_000

    def __call__(self) -> int:
        """Return the time."""
        return self.now_ms


@dataclass(frozen=True)
class Log:
    """A store with everything around it."""

    store: LogStore
    sequencer: Sequencer
    publisher: Publisher
    writer: Writer
    folder: Path


def open_log(
    store: LogStore,
    folder: Path,
    *,
    rules: object = None,
    clock: Callable[[], int] | None = None,
    crash_point: Callable[[str], None] = no_crash,
    alarm: Callable[[str], None] | None = None,
    key: note.Signer = LOG_KEY,
    batch_max: int = 256,
) -> Log:
    """Return a log around a store, its files in `folder`."""
    sequencer = Sequencer(
        store,
        rules or CountingRules(),  # type: ignore[arg-type]
        origin=store.origin,
        crash_point=crash_point,
        **({"clock_ms": clock} if clock else {}),  # type: ignore[arg-type]
        **({"alarm": alarm} if alarm else {}),  # type: ignore[arg-type]
    )
    signer = CheckpointSigner(key, folder / "signer" / "last")
    publisher = Publisher(store, folder / "public", signer, crash_point=crash_point)
    writer = Writer(store, sequencer, publisher, batch_max=batch_max)
    return Log(store, sequencer, publisher, writer, folder)
