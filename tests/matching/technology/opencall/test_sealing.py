"""Commit and reveal: a seal opens with its own proposal, salt, call, application and applicant."""

from __future__ import annotations

import hashlib

import pytest

from matching.technology.opencall.sealing import opens, seal_of
from matching.technology.problem_plain import canonical_json
from tests.support.calls import SALT, proposal

PLACE = {"call_id": "C", "application_id": "A", "org": "O"}


def test_the_seal_is_what_the_page_says():
    """The byte-exact example of docs/spec/technology-call.md is recomputed there and here."""
    head = f"parkloom/seal/v1\nC\nA\nO\n{SALT}\n".encode()
    expected = hashlib.sha256(head + canonical_json(proposal())).hexdigest()

    assert seal_of(proposal(), SALT, **PLACE) == expected


@pytest.mark.parametrize("name", ["call_id", "application_id", "org"])
def test_a_seal_of_another_place_does_not_open(name):
    """It binds the proposal to its call, application and applicant."""
    seal = seal_of(proposal(), SALT, **PLACE)

    assert opens(seal, proposal(), SALT, **PLACE)
    assert not opens(seal, proposal(), SALT, **{**PLACE, name: "X"})


def test_another_salt_or_proposal_does_not_open():
    """One changed digit or word is another proposal."""
    seal = seal_of(proposal(), SALT, **PLACE)

    assert not opens(seal, proposal(), "5b" + SALT[2:], **PLACE)
    assert not opens(seal, proposal(text="other"), SALT, **PLACE)
    with pytest.raises(ValueError, match="64 lower-case hex digits"):
        seal_of(proposal(), "short", **PLACE)
