"""Each kind of finding alone: the log is good but for one thing, and that thing has its code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.audit.findings import CODES
from ledger.audit.memory import Anchor
from ledger.audit.run import CLOCKS_MS, Trust
from ledger.claims.rules import ClaimRules
from ledger.claims.state import ClaimState, OrderState, TagState
from ledger.log import note
from ledger.log.entry import Envelope, leaf_hash, parse_leaf
from ledger.log.merkle import root_of
from ledger.values.consent import EventType
from ledger.values.transitions import TERMINAL
from tests.support.audits import audited, codes, files_of, relinked, with_body, with_meta
from tests.support.log_parts import LOG_KEY, NEVER_MS, ORIGIN, private_key
from tests.support.parties import World

Change = Callable[[Envelope], Envelope | None]


def place_of(leaves: Sequence[bytes], event: EventType, nth: int = 0) -> int:
    """Return the index of the nth entry of a type."""
    types = [parse_leaf(leaf).body["type"] for leaf in leaves]
    return [at for at, kind in enumerate(types) if kind == event][nth]


# Files ------------------------------------------------------------------------------------------


def test_a_missing_bundle_is_found(lived: World, leaves: list[bytes]) -> None:
    """FILE_MISSING names the path."""
    files = files_of(leaves)
    gone = next(path for path in files if path.startswith("tile/entries"))
    del files[gone]
    report = audited(lived, files)
    assert codes(report) == ["FILE_MISSING"]
    assert gone in report.findings[0].message


def test_a_missing_tile_is_found(lived: World, leaves: list[bytes]) -> None:
    """The entries are all there; a client without them could not verify."""
    files = files_of(leaves)
    del files[next(path for path in files if path.startswith("tile/0"))]
    assert codes(audited(lived, files)) == ["FILE_MISSING"]


def test_a_bundle_that_is_cut_off_is_found(lived: World, leaves: list[bytes]) -> None:
    """BUNDLE_MALFORMED."""
    files = files_of(leaves)
    path = next(path for path in files if path.startswith("tile/entries"))
    files[path] = files[path][:-1]
    assert codes(audited(lived, files)) == ["BUNDLE_MALFORMED"]


def test_a_tile_of_odd_length_is_found(lived: World, leaves: list[bytes]) -> None:
    """TILE_MALFORMED."""
    files = files_of(leaves)
    path = next(path for path in files if path.startswith("tile/0"))
    files[path] = files[path][:-1]
    assert codes(audited(lived, files)) == ["TILE_MALFORMED"]


@pytest.mark.parametrize("level", [0, 1])
def test_an_edited_tile_is_found(leaves: list[bytes], level: int) -> None:
    """TILE_DIFFERS names the first hash that is wrong, on any level."""
    files = files_of([*leaves] * (257 // len(leaves) + 1))
    path = next(path for path in sorted(files) if path.startswith(f"tile/{level}"))
    files[path] = bytes([files[path][0] ^ 1]) + files[path][1:]
    report = audited(None, files)
    assert [one.code for one in report.findings if one.index is None] == ["TILE_DIFFERS"]


def test_a_log_rewritten_without_its_key_is_found(lived: World, leaves: list[bytes]) -> None:
    """ROOT_DIFFERS: everything fits together, but not the signed checkpoint."""
    files = files_of([*leaves[:-1], leaves[0]])
    files["checkpoint"] = files_of(leaves)["checkpoint"]
    assert "ROOT_DIFFERS" in codes(audited(lived, files))


def test_a_checkpoint_of_another_key_is_found(lived: World, leaves: list[bytes]) -> None:
    """The log's name alone is no signature."""
    other = note.Signer(name=ORIGIN, private_key=private_key("somebody else"))
    assert codes(audited(lived, files_of(leaves, key=other))) == ["NOTE_UNSIGNED"]


# Witnessed times --------------------------------------------------------------------------------


def anchored(leaves: Sequence[bytes], size: int, time_s: int) -> Trust:
    """Return the trust of an auditor that knows when a witness saw the log at a size."""
    root = root_of([leaf_hash(leaf) for leaf in leaves[:size]])
    return Trust(log=LOG_KEY.verifier, anchors=[Anchor(size=size, root=root, time_s=time_s)])


def test_a_backdated_entry_is_found(lived: World, leaves: list[bytes]) -> None:
    """A witness saw the log without it, later than it says it was entered."""
    seen = parse_leaf(leaves[-1]).meta.time_ms + CLOCKS_MS + 60_000
    trust = anchored(leaves, len(leaves) - 1, seen // 1000)
    report = audited(lived, files_of(leaves), trust=trust)
    assert codes(report) == ["BACKDATED"]
    assert report.findings[0].index == len(leaves) - 1


def test_a_postdated_entry_is_found(lived: World, leaves: list[bytes]) -> None:
    """A witness saw the log with it, before it says it was entered."""
    seen = parse_leaf(leaves[0]).meta.time_ms - CLOCKS_MS - 60_000
    report = audited(lived, files_of(leaves), trust=anchored(leaves, 1, seen // 1000))
    assert codes(report) == ["POSTDATED"]


def test_a_kept_checkpoint_of_another_history_is_found(lived: World, leaves: list[bytes]) -> None:
    """FORKED: a lender's saved checkpoint is not a beginning of this log."""
    trust = Trust(log=LOG_KEY.verifier, anchors=[Anchor(size=5, root=b"\7" * 32, time_s=0)])
    assert codes(audited(lived, files_of(leaves), trust=trust)) == ["FORKED"]


# Chains -----------------------------------------------------------------------------------------


def test_an_entry_that_does_not_read_is_found(lived: World, leaves: list[bytes]) -> None:
    """ENTRY_MALFORMED, and the replay ends there."""
    forged = [*leaves[:-1], leaves[-1].replace(b'{"b":', b'{ "b":', 1)]
    report = audited(lived, files_of(forged))
    assert codes(report) == ["ENTRY_MALFORMED"]
    assert report.replayed == len(leaves) - 1


def entered(envelope: Envelope) -> bytes:
    """Return the leaf of an envelope as it is."""
    return envelope.leaf()


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("INDEX_DIFFERS", lambda one: with_meta(one, index=one.meta.index + 1)),
        ("CHAIN_BROKEN", lambda one: with_meta(one, previous_leaf=b"\7" * 32)),
        ("TIME_BACK", lambda one: with_meta(one, time_ms=one.meta.time_ms - 40 * 86_400_000)),
        ("ORDER_CHAIN_BROKEN", lambda one: with_meta(one, order_previous=b"\7" * 32)),
        ("STALE_HEAD", lambda one: with_body(one, osp="07" * 32)),
        ("WRONG_LOG", lambda one: with_body(one, log="another.example/ledger")),
        ("EXPIRED", lambda one: with_body(one, exp=1)),
    ],
)
def test_a_broken_chain_is_found(leaves: list[bytes], code: str, change: Change) -> None:
    """Each link of the last entry alone; no rule is needed to see it."""
    changed = change(parse_leaf(leaves[-1]))
    assert changed is not None
    report = audited(None, files_of([*leaves[:-1], entered(changed)]))
    assert codes(report) == [code]
    assert report.findings[0].index == len(leaves) - 1


def test_a_place_in_a_chain_without_an_order_is_found(leaves: list[bytes]) -> None:
    """Only entries of an order have a place in its chain."""
    at = place_of(leaves, EventType.PARTY_ONBOARDED)
    placed = with_meta(parse_leaf(leaves[at]), order_sequence=0, order_previous=bytes(32))
    report = audited(None, files_of([*leaves[:at], entered(placed)]))
    assert codes(report) == ["ORDER_CHAIN_BROKEN"]


def test_a_request_entered_twice_is_found(leaves: list[bytes]) -> None:
    """REQUEST_TWICE (L5): the same body again, well linked."""
    at = place_of(leaves, EventType.POLICY_SET)
    forged = relinked(
        [*leaves, leaves[at]], {len(leaves): lambda one: with_meta(one, time_ms=NEVER_MS)}
    )
    assert codes(audited(None, files_of(forged))) == ["REQUEST_TWICE"]


def test_reading_goes_on_behind_a_broken_chain(leaves: list[bytes]) -> None:
    """One wrong link is one finding, not one for each entry after it."""
    broken = with_meta(parse_leaf(leaves[4]), previous_leaf=b"\7" * 32)
    report = audited(None, files_of([*leaves[:4], entered(broken), *leaves[5:]]))
    assert [(one.code, one.index) for one in report.findings] == [
        ("CHAIN_BROKEN", 4),
        ("CHAIN_BROKEN", 5),  # it names the leaf that was there
    ]


# Signatures and rules ---------------------------------------------------------------------------


def found_by_rules(world: World, leaves: Sequence[bytes], at: int, change: Change) -> list[str]:
    """Return what is found after an entry was changed and all links were made whole again."""
    forged = relinked(leaves[: at + 1], {at: change})
    report = audited(world, files_of(forged))
    assert report.replayed == at
    return codes(report)


def test_a_changed_body_is_found(lived: World, leaves: list[bytes]) -> None:
    """SIGNATURE_INVALID: nobody signed this."""
    at = place_of(leaves, EventType.POLICY_SET)
    assert found_by_rules(lived, leaves, at, lambda one: with_body(one, alpha_u0=1)) == [
        "SIGNATURE_INVALID"
    ]


def test_a_consent_left_out_is_found(lived: World, leaves: list[bytes]) -> None:
    """SIGNATURE_MISSING (L6): a checker did not sign."""
    at = place_of(leaves, EventType.ORDER_CONFIRMED)
    change: Change = lambda one: replace(one, signatures=one.signatures[:1])  # noqa: E731
    assert found_by_rules(lived, leaves, at, change) == ["SIGNATURE_MISSING"]


def test_a_key_that_nobody_enrolled_is_found(lived: World, leaves: list[bytes]) -> None:
    """KEY_UNKNOWN: a swapped public key has no enrolment."""
    at = place_of(leaves, EventType.ORDER_CONFIRMED)

    def swapped(one: Envelope) -> Envelope:
        return replace(one, signatures=(one.signatures[0]._replace(kid="0" * 32),))

    assert found_by_rules(lived, leaves, at, swapped) == ["KEY_UNKNOWN"]


def test_an_enrolment_left_out_is_found(lived: World, leaves: list[bytes]) -> None:
    """Without its enrolment, what a key signed later does not stand."""
    at = place_of(leaves, EventType.KEY_ENROLLED, 5)
    report = audited(lived, files_of(relinked(leaves, {at: lambda _: None})))
    assert "KEY_UNKNOWN" in codes(report)


def test_a_confirmation_left_out_is_found(lived: World, leaves: list[bytes]) -> None:
    """A claim on an order that its buyer never confirmed, and heads that nobody saw."""
    at = place_of(leaves, EventType.ORDER_CONFIRMED)
    report = audited(lived, files_of(relinked(leaves, {at: lambda _: None})))
    assert "ORDER_NOT_CONFIRMED" in codes(report)


def test_a_foreign_rule_version_is_found(lived: World, leaves: list[bytes]) -> None:
    """RULE_VERSION: these rules cannot judge it."""
    at = len(leaves) - 1
    change: Change = lambda one: with_meta(one, rule_version=9)  # noqa: E731
    assert found_by_rules(lived, leaves, at, change) == ["RULE_VERSION"]


def test_rules_that_stumble_are_a_finding(lived: World, leaves: list[bytes]) -> None:
    """A fault of the program ends the replay, not the audit."""

    class Stumbling(ClaimRules):
        def apply(self, state, envelope):
            raise KeyError("a fault of the rules")

    rules = Stumbling(ORIGIN, lived.root.public_key().public_bytes_raw(), None)
    report = audited(lived, files_of(leaves), rules=rules)
    assert codes(report) == ["RULES_FAILED"]
    assert report.complete


# Invariants: rules that lie ---------------------------------------------------------------------


class Lying(ClaimRules):
    """Rules that apply an entry and then change the state behind everybody's back."""

    def __init__(self, world: World, event: EventType, lie: Callable[..., None]) -> None:
        super().__init__(ORIGIN, world.root.public_key().public_bytes_raw(), None)
        self._event, self._lie = event, lie

    def apply(self, state, envelope):
        super().apply(state, envelope)
        if envelope.body["type"] == self._event:
            self._lie(state, envelope.body)


def lied_about(kind: type, **fields: object) -> Callable[..., None]:
    """Return a lie about the order, claim or tag that an entry is about."""

    def lie(state, body: Mapping[str, object]) -> None:
        handle = str(body["order"] if kind is OrderState else body["subject"])
        known = kind.load(state, handle)
        changes = {name: value(known) for name, value in fields.items()}
        replace(known, **changes).save(state, handle)

    return lie


LIES = [
    (
        "HEADROOM_BROKEN",
        EventType.CLAIM_RESERVED,
        lied_about(
            OrderState,
            live=lambda one: tuple(replace(hold, principal=one.net) for hold in one.live),
        ),
    ),
    (
        "STAGES_UNBALANCED",
        EventType.ORDER_CONFIRMED,
        lied_about(OrderState, paid=lambda one: 1),
    ),
    (
        "REPAID_RANGE",
        EventType.CLAIM_REPAID,
        lied_about(ClaimState, repaid=lambda one: one.principal + 1, surplus=lambda one: -1),
    ),
    (
        "POSTINGS_UNBALANCED",
        EventType.CLAIM_REPAID,
        lied_about(ClaimState, interest_paid=lambda one: one.interest_paid + 1),
    ),
]


@pytest.mark.parametrize(("code", "event", "lie"), LIES, ids=[code for code, _, _ in LIES])
def test_a_broken_invariant_is_found_whatever_the_rules_say(
    lived: World, leaves: list[bytes], code: str, event: EventType, lie: Callable[..., None]
) -> None:
    """L1 to L3 are computed from the state, not by the rules that made it."""
    report = audited(lived, files_of(leaves), rules=Lying(lived, event, lie))
    assert code in codes(report)
    assert report.findings[0].index == report.replayed == place_of(leaves, event)


def test_a_changed_end_is_found(lived: World, leaves: list[bytes]) -> None:
    """L4: rules that touch a claim which had ended."""
    released = parse_leaf(leaves[place_of(leaves, EventType.CLAIM_RELEASED)]).body
    later = EventType.ORDER_SUBMITTED

    def lie(state, body: Mapping[str, object]) -> None:
        claim = ClaimState.load(state, str(released["subject"]))
        if claim is not None and claim.status in TERMINAL:
            replace(claim, maturity="2099-01-01").save(state, str(released["subject"]))

    assert codes(audited(lived, files_of(leaves), rules=Lying(lived, later, lie))) == [
        "TERMINAL_CHANGED"
    ]


def test_a_moved_tag_is_found(lived: World, leaves: list[bytes]) -> None:
    """I4: one identity stays with one order for ever."""
    first = parse_leaf(leaves[place_of(leaves, EventType.ORDER_SUBMITTED)])
    tag = str(first.meta.tag)

    def lie(state, body: Mapping[str, object]) -> None:
        if TagState.load(state, tag) is not None and body["subject"] != first.body["subject"]:
            TagState(holder=str(body["subject"]), index=0).save(state, tag)

    rules = Lying(lived, EventType.ORDER_SUBMITTED, lie)
    assert codes(audited(lived, files_of(leaves), rules=rules)) == ["TAG_MOVED"]


def test_every_code_is_reached_by_some_test() -> None:
    """A code that no test expects may not work at all."""
    here = Path(__file__).resolve().parents[3]
    texts = "".join(path.read_text("utf-8") for path in here.glob("tests/**/test_*.py"))
    assert [code for code in CODES if f'"{code}"' not in texts] == []
