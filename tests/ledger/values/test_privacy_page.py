"""The page on privacy says what the code does: its examples and tables are read here."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from ledger.values.disclosures import LENGTHS, derived_salts
from ledger.values.sealing import seal, unseal
from ledger.verification import view

PAGE = (Path(__file__).parents[3] / "docs" / "spec" / "privacy.md").read_text("utf-8")


def example(name: str) -> dict[str, str]:
    """Return the lines of an example by their first word."""
    found = re.search(rf"<!-- example: {name} -->\n```\w+\n(.*?)\n```", PAGE, re.DOTALL)
    assert found, name
    return dict(line.split(maxsplit=1) for line in found[1].splitlines())


def test_salts_and_decoys_are_those_of_the_page() -> None:
    """From one key, one request id and one name."""
    shown = example("salt")
    salts = derived_salts(bytes.fromhex(shown["key"]), shown["idem"])
    assert salts(shown["name"]).hex() == shown["salt"]
    decoy = base64.urlsafe_b64encode(hashlib.sha256(salts("decoy 1")).digest())
    assert decoy.rstrip(b"=").decode() == shown["decoy"]


def test_a_sealed_text_is_that_of_the_page() -> None:
    """Under the key of the example before; with a random nonce in earnest."""
    key, shown = bytes.fromhex(example("salt")["key"]), example("sealed")
    leaf, nonce = bytes.fromhex(shown["leaf"]), bytes.fromhex(shown["nonce"])
    assert seal(key, shown["order"], leaf, shown["text"], nonce=nonce) == shown["stored"]
    assert unseal(key, shown["order"], leaf, shown["stored"]) == shown["text"]


def test_the_lengths_are_those_of_the_page() -> None:
    """What the number of digests reveals."""
    assert ", ".join(map(str, LENGTHS)) in PAGE


def test_the_codes_of_a_view_are_all_there() -> None:
    """Every code that its source raises has its row."""
    source = Path(str(view.__file__)).read_text("utf-8")
    written = set(re.findall(r'NotVerified\(\s*"([A-Z_]+)"', source)) - {"WRONG_LOG"}
    assert written == set(re.findall(r"^\| `([A-Z_]+)` \|", PAGE, re.MULTILINE))
