"""The normative page says what the code does: its examples and tables are read here."""

import base64
import re
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.claims import drafts, refusals
from ledger.claims.duplicates import identity_tag
from ledger.errors import Refusal
from ledger.log.canonical import encode
from ledger.log.signing import key_id, sign_body
from ledger.values.bodies import SHAPES
from ledger.values.consent import OLD_AND_NEW, SIGNERS, EventType
from ledger.values.disclosures import digest, disclose, open_disclosure
from ledger.values.identifiers import normalise_order_number
from ledger.values.transitions import CLAIM, ORDER, PROPOSAL, OrderStatus
from ledger.verification import entries, facts, people, proofs, roots
from ledger.verification import verify as verifying

PAGE = Path(__file__).parents[3] / "docs" / "spec" / "claims.md"
MAKER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
CHECKER = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))


@cache
def page() -> str:
    return PAGE.read_text("utf-8")


def example(name: str) -> str:
    found = re.search(rf"<!-- example: {name} -->\n```\w+\n(.*?)\n```", page(), re.DOTALL)
    assert found, name
    return found[1]


def section(number: int) -> str:
    return page().split("\n## ")[number]


def rows(number: int) -> list[list[str]]:
    lines = [line for line in section(number).splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if not set(row[0]) <= set("-")]


def fields(*names: str) -> dict[str, str]:
    return dict(line.split(maxsplit=1) for line in example(names[0]).splitlines())


def test_the_draft_holds_the_body_byte_for_byte() -> None:
    draft = drafts.from_json(example("draft").encode())

    assert draft.body_bytes == example("body").encode() == encode(draft.body)
    assert drafts.to_json(draft) == example("draft").encode() + b"\n"


@pytest.mark.parametrize(("key", "duty"), [(MAKER, "maker"), (CHECKER, "checker")])
def test_the_signatures_are_those_of_the_keys(key: Ed25519PrivateKey, duty: str) -> None:
    (row,) = [row for row in rows(1) if row[0] == duty]
    sig = sign_body(key, "park.example/ledger", example("body").encode())

    assert row[2] == f"`{key_id(key.public_key().public_bytes_raw())}`"
    assert row[3] == f"`{base64.b64encode(sig).decode()}`"


def test_the_draft_waits_for_the_checker() -> None:
    draft = drafts.from_json(example("draft").encode())
    assert draft == drafts.add_signature(
        drafts.make_draft(draft.body, summary=draft.summary), MAKER
    )
    (need,) = drafts.missing(draft)
    assert need.duty == "checker"


def test_the_disclosure_opens() -> None:
    shown = fields("disclosure")
    text = disclose("number", "PO-0041", bytes(16))

    assert (shown["text"], shown["digest"]) == (text, digest(text))
    assert base64.urlsafe_b64decode(text + "==").decode() == shown["value"]
    assert open_disclosure(text).value == "PO-0041"


def test_the_tag_is_recomputed() -> None:
    shown = fields("tag")
    origin, _, buyer, seller, number = re.findall(r'"([^"]+)"', shown["list"])
    tag = identity_tag(
        bytes.fromhex(shown["key"]), origin, buyer=buyer, seller=seller, number="po 41"
    )

    assert tag == shown["tag"]
    assert normalise_order_number("PO-0041") == number


def test_the_events_are_all_there_with_signatures_and_fields() -> None:
    listed = {row[0].strip("`"): row for row in rows(3) if row[0].startswith("`")}
    assert list(listed) == list(EventType)
    for event, row in listed.items():
        shape = SHAPES[EventType(event)]
        needed = [f"`{name}`" for name in shape.required]
        optional = [f"(`{name}`)" for name in shape.optional]
        assert row[2].split() == needed + optional
        assert row[1] == signatures_of(EventType(event))


def signatures_of(event: EventType) -> str:
    duties: dict[str, list[str]] = {}
    for signer in SIGNERS[event]:
        role = signer.role.value if signer.role else "side `by`"
        duties.setdefault(role, []).append(signer.duty.value[0])
    named = [f"{role} {'+'.join(letters)}" for role, letters in duties.items()]
    return ", ".join([*named, "old and new key"] if event in OLD_AND_NEW else named)


def test_the_transitions_are_all_there() -> None:
    listed = {tuple(row) for row in rows(4)[1:]}
    tables = {"order": ORDER, "claim": CLAIM, "proposal": PROPOSAL}
    expected = {
        (name, state or "—", f"`{event}`", ", ".join(following))
        for name, table in tables.items()
        for (state, event), following in table.items()
        if state != OrderStatus.CONFIRMED  # the page says it in words: every claim event
    }
    assert listed == expected


def test_the_refusals_are_all_there() -> None:
    listed = [row[0].strip("`") for row in rows(7)[1:]]
    kinds = [k for k in vars(refusals).values() if isinstance(k, type) and issubclass(k, Refusal)]
    assert listed == [kind.code for kind in kinds if kind.__module__ == refusals.__name__]


def test_the_verifiers_codes_are_all_there() -> None:
    """Every code in its source, and those that signatures bring."""
    listed = {row[0].strip("`") for row in rows(8) if row[0].startswith("`")}
    text = "".join(
        Path(str(module.__file__)).read_text("utf-8")
        for module in (entries, facts, people, proofs, roots, verifying)
    )
    written = set(re.findall(r'NotVerified\(\s*"([A-Z_]+)"', text))
    consent = {"SIGNATURE_MISSING", "WRONG_PARTY", "WRONG_DUTY", "SAME_USER_TWICE"}
    assert listed == (written | consent) - {"CHECKPOINT_ORIGIN"}
