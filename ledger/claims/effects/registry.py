"""Effects of the registrar's events."""

from ledger.claims.authority import require_party
from ledger.claims.duplicates import parted
from ledger.claims.effects.base import Step
from ledger.claims.refusals import (
    IdentifierTaken,
    KeyExists,
    KeyMismatch,
    PartyVersion,
    TagRefused,
    WrongParty,
    WrongState,
)
from ledger.claims.state import KeyState, PartyState, TagState
from ledger.errors import KeyUnknown
from ledger.log.signing import key_id
from ledger.values.identifiers import UNIQUE_SCHEMES
from ledger.values.kinds import parse_public_key


def party_onboarded(step: Step) -> None:
    """Store what the registrar knows of a party; refuse an identifier that is another's."""
    known = PartyState.load(step.state, step.subject)
    expected = known.version + 1 if known else 1
    if step.number("version") != expected:
        raise PartyVersion(
            f"Party {step.subject} is at version {expected - 1}: the next onboarding is version "
            f"{expected}, got {step.number('version')}.",
            party=step.subject,
            expected=expected,
        )
    roles, schemes = _texts(step, "roles"), _texts(step, "schemes")
    tags = parted(step.tag or "")
    if len(tags) != len(schemes) or len(tags[-1]) != 64:
        raise TagRefused(
            f"The entry names {len(schemes)} identifiers and carries {len(tags)} tags.",
            type=step.event.value,
        )
    for scheme, tag in zip(schemes, tags, strict=True):
        _take_identifier(step, scheme, tag)
    PartyState(
        version=expected,
        roles=roles,
        kyb_until=step.text("kyb_until"),
        identifiers=tags,
        entries=(*(known.entries if known else ()), step.index),
    ).save(step.state, step.subject)


def _texts(step: Step, name: str) -> tuple[str, ...]:
    value = step.body[name]
    assert isinstance(value, list)
    return tuple(str(one) for one in value)


def _take_identifier(step: Step, scheme: str, tag: str) -> None:
    if scheme not in UNIQUE_SCHEMES:
        return
    taken = TagState.load(step.state, tag)
    if taken is not None and taken.holder != step.subject:
        raise IdentifierTaken(
            f"The {scheme} identifier belongs to party {taken.holder}, onboarded by entry "
            f"{taken.index}. Use that party, or correct the identifier.",
            party=taken.holder,
            entry=taken.index,
            scheme=scheme,
        )
    if taken is None:
        TagState(holder=step.subject, index=step.index).save(step.state, tag)


def key_enrolled(step: Step) -> None:
    """Store a key; a key stands for one user of one party, once and for ever."""
    party = step.text("party")
    if party != step.text("registrar"):
        require_party(step.state, party)
    if key_id(parse_public_key(step.body["public_key"])) != step.subject:
        raise KeyMismatch(
            f"Key {step.subject} is not the name of the public key in the body.", kid=step.subject
        )
    if step.number("valid_from") >= step.number("valid_to"):
        raise KeyMismatch(
            f"Key {step.subject} would be valid until before it begins.", kid=step.subject
        )
    known = KeyState.load(step.state, step.subject)
    if known is not None or step.subject == step.text("registrar"):
        raise KeyExists(
            f"Key {step.subject} is enrolled already. Make a new key.",
            kid=step.subject,
            entry=known.index if known else -1,
        )
    KeyState(
        party=party,
        user=step.text("user"),
        duty=step.text("duty"),
        public_key=step.text("public_key"),
        valid_from=step.number("valid_from"),
        valid_to=step.number("valid_to"),
        index=step.index,
    ).save(step.state, step.subject)


def key_revoked(step: Step) -> None:
    """End a key. What it signed before stands."""
    key = KeyState.load(step.state, step.subject)
    if key is None:
        raise KeyUnknown(f"Key {step.subject} is not enrolled.", kid=step.subject)
    if key.party != step.text("party"):
        raise WrongParty(
            f"Key {step.subject} belongs to party {key.party}, not {step.text('party')}.",
            party=step.text("party"),
            expected=key.party,
        )
    if key.revoked is not None:
        raise WrongState(
            f"Key {step.subject} was revoked by entry {key.revoked} already. Allowed: nothing, "
            "this state is final.",
            state="revoked",
            event=step.event.value,
            allowed="",
        )
    KeyState.from_json({**key.to_json(), "revoked": step.index}).save(step.state, step.subject)
