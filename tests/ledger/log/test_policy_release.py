"""Releases of a policy: m of n must sign, versions go up, nothing else is taken."""

from __future__ import annotations

import pytest

from ledger.errors import NotVerified
from ledger.log import note
from ledger.log.policy import Policy, PolicyLog
from ledger.log.policy_file import format_policy
from ledger.log.policy_release import PolicyRelease, add_signature, open_release
from tests.support.log_parts import LOG_KEY, private_key

ROOTS = [note.Signer(name=f"root.example/{n}", private_key=private_key(f"root {n}")) for n in "abc"]
KEYS = [one.verifier for one in ROOTS]
POLICY = format_policy(Policy(logs=(PolicyLog(key=LOG_KEY.verifier),)))


def signed(count: int, *, version: int = 1) -> bytes:
    made: bytes | PolicyRelease = PolicyRelease(version=version, policy=POLICY)
    for root in ROOTS[:count]:
        made = add_signature(made, root)
    assert isinstance(made, bytes)
    return made


@pytest.mark.parametrize("count", [1, 2, 3])
def test_enough_signatures_are_enough(count: int):
    found = open_release(signed(count), KEYS, threshold=count)
    assert (found.version, found.policy) == (1, POLICY)


def test_too_few_signatures_are_refused():
    with pytest.raises(NotVerified) as refused:
        open_release(signed(1), KEYS, threshold=2)
    assert refused.value.code == "RELEASE_SIGNATURES"


def test_one_key_under_two_names_counts_once():
    twin = note.Signer(name="root.example/twin", private_key=ROOTS[0].private_key)
    data = add_signature(signed(1), twin)
    with pytest.raises(NotVerified) as refused:
        open_release(data, [*KEYS[:2]], threshold=2)
    assert refused.value.code == "RELEASE_SIGNATURES"
    with pytest.raises(ValueError, match="different"):
        open_release(data, [KEYS[0], twin.verifier], threshold=2)


def test_signing_twice_changes_nothing():
    data = signed(2)
    assert add_signature(data, ROOTS[1]) == data


def test_a_stranger_does_not_count():
    data = add_signature(signed(1), LOG_KEY)
    with pytest.raises(NotVerified, match="1 of 3"):
        open_release(data, KEYS, threshold=2)


def test_an_older_version_is_refused():
    data = signed(2, version=3)
    assert open_release(data, KEYS, threshold=2, newest=3).version == 3
    with pytest.raises(NotVerified) as refused:
        open_release(data, KEYS, threshold=2, newest=4)
    assert refused.value.code == "RELEASE_OLD"


def test_a_changed_policy_is_refused():
    data = signed(2).replace(b"version 1", b"version 2")
    with pytest.raises(NotVerified) as refused:
        open_release(data, KEYS, threshold=1)
    assert refused.value.code == "NOTE_SIGNATURE"


@pytest.mark.parametrize(
    "text",
    ["", "parkloom/policy/v1\n", "parkloom/policy/v1\nversion 0\nquorum none\n", "a\nb\nc\n"],
)
def test_something_else_is_no_release(text: str):
    data = ROOTS[0].sign(text + "\n") if not text.endswith("\n") else ROOTS[0].sign(text)
    with pytest.raises(NotVerified) as refused:
        open_release(data, KEYS, threshold=1)
    assert refused.value.code == "RELEASE_MALFORMED"


def test_a_release_has_a_version_and_a_policy():
    with pytest.raises(ValueError, match="first release"):
        PolicyRelease(version=0, policy=POLICY)
    with pytest.raises(NotVerified):
        PolicyRelease(version=1, policy=b"no policy\n")
