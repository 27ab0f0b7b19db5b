"""Drafts: a body on its way to its signatures.

A draft travels as a file from signer to signer. What is signed is the body; the summary beside it
is for people and signed by nobody, so a signer's program shows the body.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.claims.refusals import BodyRefused
from ledger.errors import Malformed
from ledger.log.canonical import JsonObject, JsonValue, decode_object, encode
from ledger.log.entry import Signature
from ledger.log.signing import ED25519, key_id, sign_body
from ledger.log.store import AppendRequest
from ledger.values.bodies import BodyError, check_body
from ledger.values.consent import Need, Role, needs_of

FORMAT = "parkloom/draft/v1"
KEYS = frozenset({"format", "summary", "body", "disclosures", "decoys", "needs", "signatures"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A body, its disclosures and the signatures so far.

    Parameters
    ----------
    body
        As it will be signed.
    disclosures
        Texts that open the body's `sd`; they go to the operator beside the entry, not into it.
    decoys
        Salts of the decoys in the body's `sd`: whoever signs sees that they hide nothing. They go
        to the signers alone.
    signatures
        In the order in which they were added.
    summary
        One line for people. Not signed.
    """

    body: JsonObject
    disclosures: tuple[str, ...] = ()
    decoys: tuple[str, ...] = ()
    signatures: tuple[Signature, ...] = ()
    summary: str = ""

    @property
    def needs(self) -> tuple[Need, ...]:
        """Every signature that the body needs, met or not."""
        return needs_of(self.body)

    @property
    def origin(self) -> str:
        """The log that the body is for."""
        return str(self.body["log"])

    @property
    def body_bytes(self) -> bytes:
        """The canonical bytes that are signed."""
        return encode(self.body)


def make_draft(
    body: JsonObject,
    disclosures: tuple[str, ...] = (),
    decoys: tuple[str, ...] = (),
    *,
    summary: str = "",
) -> Draft:
    """Return the draft of a body after checking its shape.

    Raises
    ------
    BodyRefused
        With the code of what is wrong with which field.
    """
    try:
        check_body(body)
    except BodyError as problem:
        raise BodyRefused.of(problem) from None
    return Draft(body=body, disclosures=disclosures, decoys=decoys, summary=summary)


def add_signature(
    draft: Draft, private_key: Ed25519PrivateKey, kid: str | None = None, role: Role | None = None
) -> Draft:
    """Return the draft with one more signature.

    Parameters
    ----------
    kid
        Name of the key; left out, it is computed from the key.
    role
        In which capacity the party signs; needed where the body waits for several roles.

    Raises
    ------
    Malformed
        When the role is left out and not clear from the body.
    """
    if role is None:
        roles = {need.role for need in draft.needs}
        if len(roles) > 1:
            names = ", ".join(sorted(roles))
            raise Malformed(f"the body waits for signatures as {names}: say which role signs")
        role = next(iter(roles))
    name = kid or key_id(private_key.public_key().public_bytes_raw())
    sig = sign_body(private_key, draft.origin, draft.body_bytes)
    signature = Signature(kid=name, alg=ED25519, role=role.value, sig=sig)
    kept = tuple(one for one in draft.signatures if (one.kid, one.role) != (name, role.value))
    return replace(draft, signatures=(*kept, signature))


def missing(draft: Draft, keys: Mapping[str, Need] | None = None) -> tuple[Need, ...]:
    """Return the needs that no signature meets yet.

    Parameters
    ----------
    keys
        What each enrolled key stands for, by its name. Left out, a signature counts for the next
        open need of its role: a guess at the duty, good enough to tell whom to ask.
    """
    waiting = list(draft.needs)
    for signature in draft.signatures:
        if keys is None:
            fitting = (need for need in waiting if need.role == signature.role)
            met = next((need for need in fitting if need.kid in (None, signature.kid)), None)
        else:
            met = keys.get(signature.kid)
        if met is not None and met.role == signature.role and met in waiting:
            waiting.remove(met)
    return tuple(waiting)


def to_request(draft: Draft) -> AppendRequest:
    """Return what the log's writer takes. Signatures are checked there, not here."""
    return AppendRequest(
        request_id=str(draft.body["idem"]),
        body=draft.body_bytes,
        signatures=draft.signatures,
        disclosures=draft.disclosures,
    )


def to_json(draft: Draft) -> bytes:
    """Return the draft file: canonical JSON and a newline."""
    return (
        encode(
            {
                "format": FORMAT,
                "summary": draft.summary,
                "body": draft.body,
                "disclosures": list(draft.disclosures),
                **({"decoys": list(draft.decoys)} if draft.decoys else {}),
                "needs": needs_json(draft),
                "signatures": [signature.to_json() for signature in draft.signatures],
            }
        )
        + b"\n"
    )


def from_json(data: bytes) -> Draft:
    """Return the draft of a file.

    The file may be indented by hand or by a tool; the body inside is checked and its canonical
    bytes are what is signed. The stated needs are computed anew and must agree.

    Raises
    ------
    Malformed
        When the file is not a draft of this format.
    BodyRefused
        When the body is not of its type's shape.
    """
    value = decode_object(_canonical(data))
    unknown = set(value) - KEYS
    if value.get("format") != FORMAT or unknown:
        raise Malformed(f"not a draft file: expected format {FORMAT}, got {value.get('format')!r}")
    body, signed, texts = value.get("body"), value.get("signatures"), value.get("disclosures")
    decoys = value.get("decoys", [])
    if not isinstance(body, dict) or not isinstance(signed, list) or not isinstance(texts, list):
        raise Malformed("a draft file needs a body, a list of disclosures and one of signatures")
    if not isinstance(decoys, list):
        raise Malformed("the decoys of a draft file are a list of salts")
    draft = make_draft(
        body,
        tuple(str(text) for text in texts),
        tuple(str(salt) for salt in decoys),
        summary=str(value.get("summary", "")),
    )
    if value.get("needs") != needs_json(draft):
        raise Malformed("the draft's needs are not those of its body; make the draft anew")
    return replace(draft, signatures=tuple(Signature.from_json(item) for item in signed))


def needs_json(draft: Draft) -> list[JsonValue]:
    """Return the draft's needs as they stand in its file."""
    return [
        {
            "role": need.role.value,
            "duty": need.duty.value if need.duty else "key" if need.kid else "root",
            "party": need.party,
            **({"kid": need.kid} if need.kid else {}),
        }
        for need in draft.needs
    ]


def _canonical(data: bytes) -> bytes:
    try:
        return encode(json.loads(data, parse_float=_no_float, object_pairs_hook=_no_repeats))
    except (ValueError, RecursionError) as problem:
        raise Malformed(f"not a draft file: {problem}") from None


def _no_float(text: str) -> object:
    raise ValueError(f"the number {text} is not an integer; amounts are strings of digits")


def _no_repeats(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("an object repeats a key")
    return dict(pairs)
