"""The state map on the page of the ledger is computed again, byte for byte."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ledger.log.canonical import decode_object
from ledger.statemap import pages, proofs
from ledger.statemap.proofs import (
    MapProof,
    order_key,
    standing_key,
    value_of,
    verify_absence,
    verify_presence,
)
from ledger.statemap.tree import StateMap

PAGE = Path(__file__).parents[3] / "docs" / "spec" / "ledger.md"
TAG, OTHER_TAG = f"{0x11:064x}", f"{0x22:064x}"
MAKER, CHECKER = "53a41d2824297509f0baadaae25fde93", "7ce6f7ce1396e64e140d1860402df15f"
CHECKERS = "Zr5+Myx6RTMyvZ0Kf32wVfXF7xoGraZtmLOftoEMRzo="


def example(name: str) -> str:
    found = re.search(
        rf"<!-- example: {name} -->\n```\w+\n(.*?)\n```", PAGE.read_text("utf-8"), re.DOTALL
    )
    assert found, name
    return found[1]


@pytest.fixture(scope="module")
def held() -> dict[bytes, bytes]:
    """The keys and values of the page's map, from its summary and standing."""
    standing = decode_object(example("map standing").encode())
    second = {**standing, "user": "0b" * 16, "duty": "checker", "enrolled": 8}
    second["public_key"] = CHECKERS
    return {
        order_key(TAG): value_of(decode_object(example("map summary").encode())),
        standing_key(MAKER): value_of(standing),
        standing_key(CHECKER): value_of(second),
    }


def proof_text(proof: MapProof) -> str:
    assert proof.key is not None
    assert proof.value is not None
    lines = [f"leaf {proof.key.hex()} {proof.value.hex()}"]
    return "\n".join([*lines, *(f"{bit} {sibling.hex()}" for bit, sibling in proof.steps)])


def test_keys_and_values(held: dict[bytes, bytes]) -> None:
    lines = [f"{key.hex()} {value.hex()}" for key, value in held.items()]
    assert example("map keys").split("\n") == lines


def test_root_and_proofs(held: dict[bytes, bytes]) -> None:
    state_map = StateMap()
    state_map.put(held)
    assert state_map.root.hex() == example("map root")
    there, absent = state_map.prove(order_key(TAG)), state_map.prove(order_key(OTHER_TAG))
    assert proof_text(there) == example("map presence")
    assert proof_text(absent) == example("map absence")
    verify_presence(state_map.root, order_key(TAG), held[order_key(TAG)], there)
    verify_absence(state_map.root, order_key(OTHER_TAG), absent)


def test_every_code_stands_on_the_page() -> None:
    written = "".join(Path(str(module.__file__)).read_text("utf-8") for module in (proofs, pages))
    codes = set(re.findall(r'(?:NotVerified|Corruption)\(\s*"([A-Z_]+)"', written))
    assert len(codes) == 6
    assert {code for code in codes if f"`{code}`" not in PAGE.read_text("utf-8")} == set()
