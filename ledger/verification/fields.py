"""The parts of a certificate file, read strictly: base64, lists, objects, ways through the map."""

import binascii
from collections.abc import Set as AbstractSet

from ledger.log.canonical import JsonObject, JsonValue
from ledger.statemap.proofs import MapProof


class Unreadable(ValueError):
    """The file is not a certificate of this format."""


def encoded(data: bytes) -> str:
    """Return bytes as base64 with padding (RFC 4648 section 4)."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def bytes_of(text: JsonValue, where: str) -> bytes:
    """Return the bytes of base64 in its one canonical form; raise `Unreadable`."""
    if not isinstance(text, str):
        raise Unreadable(f"{where} must be text, got {str(text)[:40]!r}")
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        raise Unreadable(f"{where} is not base64") from None
    last = max(0, len(data) - 1) // 3  # only in the last group can one value have several forms
    if encoded(data[3 * last :]) != text[4 * last :]:
        raise Unreadable(f"{where} is not base64 in its one canonical form")
    return data


def string_of(value: JsonObject, name: str) -> str:
    """Return a text field; raise `Unreadable`."""
    text = value[name]
    if not isinstance(text, str):
        raise Unreadable(f"{name} must be text, got {str(text)[:40]!r}")
    return text


def whole_of(value: JsonObject, name: str) -> int:
    """Return an integer field; raise `Unreadable`."""
    number = value[name]
    if isinstance(number, bool) or not isinstance(number, int):
        raise Unreadable(f"{name} must be a whole number, got {str(number)[:40]!r}")
    return number


def list_of(value: JsonObject, name: str) -> list[JsonValue]:
    """Return a list field; raise `Unreadable`."""
    found = value[name]
    if not isinstance(found, list):
        raise Unreadable(f"{name} must be a list")
    return found


def object_of(value: JsonValue, where: str, names: AbstractSet[str] | None = None) -> JsonObject:
    """Return an object, of exactly these fields if they are given; raise `Unreadable`."""
    if not isinstance(value, dict):
        raise Unreadable(f"{where} must be an object")
    if names is not None and set(value) != names:
        raise Unreadable(f"{where} must have the fields {sorted(names)}, got {sorted(value)}")
    return value


def map_proof_value(proof: MapProof) -> JsonObject:
    """Return a way through the state map as it stands in the file."""
    steps: list[JsonValue] = [[bit, encoded(sibling)] for bit, sibling in proof.steps]
    return {
        "key": None if proof.key is None else encoded(proof.key),
        "value": None if proof.value is None else encoded(proof.value),
        "steps": steps,
    }


def map_proof_of(value: JsonValue, where: str) -> MapProof:
    """Return the way through the state map that stands in the file; raise `Unreadable`."""
    fields = object_of(value, where, {"key", "value", "steps"})
    key, held = fields["key"], fields["value"]
    return MapProof(
        key=None if key is None else bytes_of(key, f"{where}.key"),
        value=None if held is None else bytes_of(held, f"{where}.value"),
        steps=tuple(_step(one, where) for one in list_of(fields, "steps")),
    )


def _step(value: JsonValue, where: str) -> tuple[int, bytes]:
    if not isinstance(value, list) or len(value) != 2:
        raise Unreadable(f"{where} must have steps of a bit and a hash")
    bit, sibling = value
    return whole_of({"bit": bit}, "bit"), bytes_of(sibling, f"{where}.steps")
