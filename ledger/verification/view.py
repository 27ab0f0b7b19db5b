"""A recipient's view: disclosed fields, the entries that commit to them, and whose they are.

    python -m ledger.verification.view FILE --key VKEY --registrar VKEY --recipient HANDLE

It proves to one recipient that these fields stand in the record as every other recipient sees
them, that the party they belong to disclosed them, and that it did so to this recipient.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import NotCanonical, NotVerified
from ledger.log import note
from ledger.log.canonical import JsonObject, JsonValue, decode_object, encode
from ledger.log.entry import Envelope, signed_bytes
from ledger.log.policy import Policy
from ledger.log.policy_file import parse_policy
from ledger.values.bodies import BodyError, check_body
from ledger.values.consent import EventType
from ledger.values.disclosures import Disclosure, DisclosureError, open_disclosure
from ledger.verification.people import People
from ledger.verification.proofs import WITHOUT_WITNESSES, check_checkpoint, check_entry

FORMAT = "parkloom/view/v1"
BYTES_MAX = 16 * 1024 * 1024
_FIELDS = {"format", "origin", "about", "disclosure", "checkpoint", "entries", "disclosures"}


class Unreadable(ValueError):
    """The file is not a view of this format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewEntry:
    """A leaf with its place and its inclusion proof, leaf side first."""

    index: int
    leaf: bytes
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a view file holds. Nothing in it is believed until it is verified.

    Parameters
    ----------
    about
        Handle of the order, or of the party itself.
    disclosure
        Handle of the disclosure, the subject of its own entry.
    disclosures
        Texts: those of the disclosure's own entry, then the fields that are shown.
    """

    origin: str
    about: str
    disclosure: str
    checkpoint: str
    entries: tuple[ViewEntry, ...]
    disclosures: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a view proves.

    Parameters
    ----------
    by
        The party that disclosed, and in which role.
    made
        Index of the entry that says so; `made_ms` its time.
    size
        Size of the log under which everything was proved.
    fields
        (index of the entry that commits to it, name, value).
    """

    about: str
    recipient: str
    by: tuple[str, str]
    made: int
    made_ms: int
    size: int
    fields: tuple[tuple[int, str, object], ...]


def verify_view(
    view: View,
    *,
    registrar_root: bytes,
    recipient: str,
    policy: Policy = WITHOUT_WITNESSES,
    log_keys: Sequence[note.Verifier] = (),
) -> Shown:
    """Return what a view proves to a recipient.

    Parameters
    ----------
    policy
        Which logs and which quorum of witnesses are believed.
    log_keys
        The log's keys where the policy lists none.

    Raises
    ------
    NotVerified
        The codes of proofs and signatures of a certificate; `MADE_MISSING` when the disclosure's
        entry is not there, `RECIPIENT_DIFFERS` when it was made to another, `DISCLOSER_FOREIGN`
        when another than the order's buyer or seller made it, `NOT_DISCLOSED` when a field was
        not among what was disclosed, `DISCLOSURE_INVALID` when a text opens no entry.
    """
    evaluation = check_checkpoint(view.checkpoint, view.origin, policy=policy, log_keys=log_keys)
    checkpoint = evaluation.checkpoint
    people, made = People(root=registrar_root), None
    committing: list[Envelope] = []
    for entry in sorted(view.entries, key=lambda one: one.index):
        envelope = check_entry(entry.index, entry.leaf, entry.proof, checkpoint)
        event = _event(envelope, checkpoint.origin)
        people.check(envelope, signed_bytes(entry.leaf))
        own = event is EventType.PARTY_ONBOARDED and envelope.body["subject"] == view.about
        if people.learn(envelope, event) and not own:
            continue
        if event is EventType.DISCLOSURE_MADE and envelope.body["subject"] == view.disclosure:
            made = envelope
        elif own or envelope.body.get("order") == view.about:
            committing.append(envelope)
    if made is None or made.body["about"] != view.about:
        raise NotVerified(
            "MADE_MISSING", f"no entry makes disclosure {view.disclosure} of {view.about}"
        )
    _check_discloser(made, committing)
    return _shown(view, made, committing, recipient, checkpoint.size)


def _event(envelope: Envelope, origin: str) -> EventType:
    try:
        event = check_body(envelope.body)
    except BodyError as problem:
        raise NotVerified(problem.code, f"entry {envelope.meta.index}: {problem}") from None
    if envelope.body["log"] != origin:
        raise NotVerified(
            "WRONG_LOG", f"entry {envelope.meta.index} was signed for {envelope.body['log']!r}"
        )
    return event


def _check_discloser(made: Envelope, committing: Sequence[Envelope]) -> None:
    """Require that who disclosed is a side of the order, as its entries say, or the party."""
    side, party = str(made.body["by"]), made.body["party"]
    named = {one.body[side] for one in committing if side in one.body}
    named |= {one.body["subject"] for one in committing if "order" not in one.body}
    if named != {party}:
        raise NotVerified(
            "DISCLOSER_FOREIGN",
            f"{party} disclosed as {side}; the entries name {sorted(map(str, named)) or 'none'}",
        )


def _shown(
    view: View, made: Envelope, committing: Sequence[Envelope], recipient: str, size: int
) -> Shown:
    opened = [_opened(text) for text in view.disclosures]
    own = {one.name: one for one in opened if one.digest in _digests(made)}
    if "recipient" not in own or own["recipient"].value != recipient:
        named = own["recipient"].value if "recipient" in own else "nobody that is shown"
        raise NotVerified("RECIPIENT_DIFFERS", f"it was made to {named}, not to {recipient}")
    granted = own["digests"].value if "digests" in own else []
    fields: list[tuple[int, str, object]] = []
    for one in opened:
        if one.digest in _digests(made):
            continue
        source = next((it for it in committing if one.digest in _digests(it)), None)
        if source is None:
            raise NotVerified(
                "DISCLOSURE_INVALID", f"no entry of the view commits to the field {one.name!r}"
            )
        if not isinstance(granted, list) or one.digest not in granted:
            raise NotVerified(
                "NOT_DISCLOSED", f"the field {one.name!r} was not among what was disclosed"
            )
        fields.append((source.meta.index, one.name, one.value))
    return Shown(
        about=view.about,
        recipient=recipient,
        by=(str(made.body["by"]), str(made.body["party"])),
        made=made.meta.index,
        made_ms=made.meta.time_ms,
        size=size,
        fields=tuple(fields),
    )


def _opened(text: str) -> Disclosure:
    try:
        return open_disclosure(text)
    except DisclosureError as problem:
        raise NotVerified("DISCLOSURE_INVALID", str(problem)) from None


def _digests(envelope: Envelope) -> list[JsonValue]:
    value = envelope.body["sd"]
    return value if isinstance(value, list) else []


def to_json(view: View) -> bytes:
    """Return the view file: canonical JSON and a newline."""
    entries: list[JsonValue] = [
        {
            "index": entry.index,
            "leaf": _text(entry.leaf),
            "proof": [_text(part) for part in entry.proof],
        }
        for entry in view.entries
    ]
    value: JsonObject = {
        "format": FORMAT,
        "origin": view.origin,
        "about": view.about,
        "disclosure": view.disclosure,
        "checkpoint": view.checkpoint,
        "entries": entries,
        "disclosures": list(view.disclosures),
    }
    return encode(value) + b"\n"


def from_json(data: bytes) -> View:
    """Return the view of a file: the inverse of `to_json`.

    Raises
    ------
    Unreadable
        Saying what is wrong and where.
    """
    if len(data) > BYTES_MAX or data[-1:] != b"\n":
        raise Unreadable(f"expected at most {BYTES_MAX:,} bytes that end with a newline")
    try:
        value = decode_object(data[:-1])
    except NotCanonical as problem:
        raise Unreadable(str(problem)) from None
    if value.get("format") != FORMAT or set(value) != _FIELDS:
        raise Unreadable(f"expected the format {FORMAT} with its seven fields")
    entries, texts = value["entries"], value["disclosures"]
    if not isinstance(entries, list) or not isinstance(texts, list):
        raise Unreadable("entries and disclosures must be lists")
    return View(
        origin=_string(value["origin"]),
        about=_string(value["about"]),
        disclosure=_string(value["disclosure"]),
        checkpoint=_string(value["checkpoint"]),
        entries=tuple(map(_entry, entries)),
        disclosures=tuple(map(_string, texts)),
    )


def _entry(value: JsonValue) -> ViewEntry:
    if not isinstance(value, dict) or set(value) != {"index", "leaf", "proof"}:
        raise Unreadable("an entry must be an object of index, leaf and proof")
    index, proof = value["index"], value["proof"]
    if type(index) is not int or not isinstance(proof, list):
        raise Unreadable("an entry must have a whole index and a list as proof")
    return ViewEntry(
        index=index, leaf=_bytes(value["leaf"]), proof=tuple(_bytes(part) for part in proof)
    )


def _string(value: JsonValue) -> str:
    if not isinstance(value, str):
        raise Unreadable(f"expected text, got {str(value)[:40]!r}")
    return value


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(value: JsonValue) -> bytes:
    text = _string(value)
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("a leaf or hash is not base64") from None
    if _text(data) != text:
        raise Unreadable("a leaf or hash is not base64 in its one canonical form")
    return data


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify a view file; return the exit status: 0 proved, 1 not proved, 2 unreadable."""
    parser = argparse.ArgumentParser(
        prog="python -m ledger.verification.view", description="Verify a recipient's view."
    )
    parser.add_argument("file", type=Path)
    trust = parser.add_mutually_exclusive_group(required=True)
    trust.add_argument("--key", help="the log's public key (vkey line)")
    trust.add_argument("--policy", type=Path, help="a C2SP policy file: logs and witnesses")
    parser.add_argument("--registrar", required=True, help="the registrar's root key (vkey line)")
    parser.add_argument("--recipient", required=True, help="your party's handle")
    given = parser.parse_args(arguments)
    try:
        view = from_json(given.file.read_bytes())
        root = note.parse_vkey(given.registrar)
        policy, keys = _trust(given.policy, given.key)
    except (OSError, ValueError) as problem:
        sys.stderr.write(f"unreadable: {problem}\n")
        return 2
    try:
        shown = verify_view(
            view,
            registrar_root=root.public_key,
            recipient=given.recipient,
            policy=policy,
            log_keys=keys,
        )
    except NotVerified as problem:
        sys.stdout.write(f"not proved: {problem.code}: {problem.message}\n")
        return 1
    sys.stdout.write(sentence(shown))
    return 0


def _trust(file: Path | None, key: str | None) -> tuple[Policy, tuple[note.Verifier, ...]]:
    if file is not None:
        return parse_policy(file.read_bytes()), ()
    return WITHOUT_WITNESSES, (note.parse_vkey(str(key)),)


def sentence(shown: Shown) -> str:
    """Return in words what a view proves, one line for each field."""
    role, party = shown.by
    lines = [
        (
            f"proved: {role} {party} disclosed to {shown.recipient}, by entry {shown.made}, of "
            f"{shown.about} (log size {shown.size}):"
        )
    ]
    lines += [f"  entry {index} {name}: {value}" for index, name, value in shown.fields]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
