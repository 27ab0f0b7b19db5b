"""Versions of a trust policy, signed by m of n keys that are kept offline.

The policy file (C2SP tlog-policy) says which log keys and witnesses a lender believes; it changes
when the log's key is replaced or a witness joins. A release is a signed note around it: lenders
pin n root keys and how many of them must have signed, and take no older version than they had.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.errors import NotVerified
from ledger.log import note
from ledger.log.keys import NoteKey
from ledger.log.policy_file import parse_policy

HEADER = "parkloom/policy/v1"

_VERSION = re.compile(r"version ([1-9][0-9]{0,9})\Z", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRelease:
    """A policy file with its version.

    Parameters
    ----------
    version
        1 at first; each release has a higher one.
    policy
        The bytes of the policy file, ending with a newline.

    Raises
    ------
    ValueError
        When the version is below 1, or the file could not stand in a note.
    NotVerified
        The codes of `parse_policy`.
    """

    version: int
    policy: bytes

    def __post_init__(self) -> None:
        if self.version < 1:
            raise ValueError(f"version {self.version}: the first release is 1")
        parse_policy(self.policy)
        text = self.policy.decode("utf-8")
        if not text.endswith("\n") or note.has_control_characters(text):
            raise ValueError("a policy file ends with a newline and has no control characters")

    def text(self) -> str:
        """Return the text that is signed."""
        return f"{HEADER}\nversion {self.version}\n" + self.policy.decode("utf-8")


def add_signature(release: bytes | PolicyRelease, key: NoteKey) -> bytes:
    """Return a release with one more signature line.

    Parameters
    ----------
    release
        The first signature is made over a `PolicyRelease`, further ones over a signed release.

    Raises
    ------
    NotVerified
        `NOTE_MALFORMED`, `RELEASE_MALFORMED`.
    """
    if isinstance(release, PolicyRelease):
        return key.sign(release.text())
    text, lines = note.split_note(release)
    _parse(text)
    mine = (key.verifier.name, key.verifier.key_id)
    if mine in [(line.name, line.key_id) for line in lines]:
        return release
    return release + key.sign(text)[len(text.encode("utf-8")) + 1 :]


def open_release(
    data: bytes, roots: Sequence[note.Verifier], *, threshold: int, newest: int = 0
) -> PolicyRelease:
    """Return a release that enough of the pinned root keys have signed.

    Parameters
    ----------
    roots
        The n root keys, different ones.
    threshold
        How many of them must have signed, 1 … n.
    newest
        The highest version that was taken before.

    Raises
    ------
    NotVerified
        `NOTE_MALFORMED`, `NOTE_SIGNATURE`, `NOTE_UNSIGNED`; `RELEASE_SIGNATURES` when too few have
        signed; `RELEASE_MALFORMED`; `RELEASE_OLD` when a higher version was taken before; the
        codes of `parse_policy`.
    ValueError
        When the threshold is not 1 … n.
    """
    keys = {root.public_key: root for root in roots}
    if not 1 <= threshold <= len(keys):
        raise ValueError(f"{threshold} of {len(keys)} different root keys cannot be asked for")
    opened = note.open_note(data, list(keys.values()))
    signed = {(line.name, line.key_id) for line in opened.signatures}
    if len(signed) < threshold:
        raise NotVerified(
            "RELEASE_SIGNATURES",
            f"{len(signed)} of {len(keys)} root keys have signed this policy, {threshold} must",
        )
    release = _parse(opened.text)
    if release.version < newest:
        raise NotVerified(
            "RELEASE_OLD",
            f"this is version {release.version} of the policy; version {newest} was taken before",
        )
    return release


def _parse(text: str) -> PolicyRelease:
    header, version, rest = (*text.split("\n", 2), "", "")[:3]
    match = _VERSION.match(version)
    if header != HEADER or match is None:
        raise NotVerified("RELEASE_MALFORMED", "this is no release of a policy")
    try:
        return PolicyRelease(version=int(match[1]), policy=rest.encode("utf-8"))
    except ValueError as error:
        raise NotVerified("RELEASE_MALFORMED", f"this is no release of a policy: {error}") from None
