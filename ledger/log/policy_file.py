"""The policy file (C2SP tlog-policy): lines of items, read as octets.

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> all|any|<k> <member>...
    quorum <name>|none

Names are opaque octets: they are held as text in which octets outside UTF-8 stand as lone
surrogates, so that two names are equal exactly when their octets are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ledger.errors import NotVerified
from ledger.log import note
from ledger.log.policy import NONE, Policy, PolicyGroup, PolicyLog, PolicyWitness

POLICY_BYTES_MAX = 1_048_576
LINES_MAX = 256
"""Of logs, of witnesses and of groups each; the specification asks for 32 at least."""

_FORBIDDEN = re.compile(rb"[^\t\n\x20-\x7e\x80-\xff]")
_ITEMS = re.compile(rb"[^ \t]+")
_THRESHOLD = re.compile(r"[1-9][0-9]{0,3}\Z", re.ASCII)


@dataclass(slots=True)
class _Draft:
    """What has been read of a file."""

    logs: list[PolicyLog] = field(default_factory=list)
    witnesses: list[PolicyWitness] = field(default_factory=list)
    groups: list[PolicyGroup] = field(default_factory=list)
    quorum: str | None = None

    @property
    def names(self) -> set[str]:
        return {one.name for one in self.witnesses} | {one.name for one in self.groups}


def parse_policy(data: bytes) -> Policy:
    """Return the policy of a file's bytes.

    Raises
    ------
    NotVerified
        `POLICY_MALFORMED`, saying in which line.
    """
    if len(data) > POLICY_BYTES_MAX:
        raise _malformed(f"{len(data):,} bytes; {POLICY_BYTES_MAX:,} is the most")
    bad = _FORBIDDEN.search(data)
    if bad is not None:
        number = data.count(b"\n", 0, bad.start()) + 1
        raise _malformed(f"line {number} holds the control character 0x{bad[0].hex()}")
    if data and not data.endswith(b"\n"):  # the file may have been cut off inside a name
        raise _malformed("the last line does not end with a newline")
    draft = _Draft()
    for number, line in enumerate(data.split(b"\n"), 1):
        items = [item.decode("utf-8", "surrogateescape") for item in _ITEMS.findall(line)]
        if items and not items[0].startswith("#"):
            try:
                _read_line(draft, items)
            except ValueError as error:
                raise _malformed(f"line {number}: {error}") from None
    if draft.quorum is None:
        raise _malformed("there is no quorum line")
    try:
        return Policy(
            logs=tuple(draft.logs),
            witnesses=tuple(draft.witnesses),
            groups=tuple(draft.groups),
            quorum=draft.quorum,
        )
    except ValueError as error:
        raise _malformed(str(error)) from None


def format_policy(policy: Policy) -> bytes:
    """Return a policy as a file: an inverse of `parse_policy`."""
    lines = [_line("log", log.key.vkey, log.url) for log in policy.logs]
    lines += [_line("witness", one.name, one.key.vkey, one.url) for one in policy.witnesses]
    for group in policy.groups:
        everyone = group.threshold == len(group.members)
        threshold = "all" if everyone else str(group.threshold)
        lines.append(_line("group", group.name, threshold, *group.members))
    lines.append(_line("quorum", policy.quorum))
    return "".join(lines).encode("utf-8", "surrogateescape")


def _line(*items: str | None) -> str:
    return " ".join(item for item in items if item is not None) + "\n"


def _read_line(draft: _Draft, items: list[str]) -> None:
    keyword, *rest = items
    if keyword == "log":
        _expect(rest, 1, 2, "log <vkey> [<url>]")
        _room(draft.logs)
        draft.logs.append(PolicyLog(key=_key(rest[0]), url=rest[1] if rest[1:] else None))
    elif keyword == "witness":
        _expect(rest, 2, 3, "witness <name> <vkey> [<url>]")
        _room(draft.witnesses)
        url = rest[2] if rest[2:] else None
        name = _new_name(draft, rest[0])
        draft.witnesses.append(PolicyWitness(name=name, key=_key(rest[1]), url=url))
    elif keyword == "group":
        _expect(rest, 3, None, "group <name> all|any|<k> <member>...")
        _room(draft.groups)
        draft.groups.append(_group(draft, *rest))
    elif keyword == "quorum":
        _expect(rest, 1, 1, "quorum <name>|none")
        if draft.quorum is not None:
            raise ValueError("a second quorum line; exactly one is expected")
        if rest[0] != NONE and rest[0] not in draft.names:
            raise ValueError(f"{rest[0]!r} is not defined before")
        draft.quorum = rest[0]
    else:
        raise ValueError(f"{keyword[:40]!r} is none of log, witness, group, quorum")


def _group(draft: _Draft, name: str, threshold: str, *members: str) -> PolicyGroup:
    _new_name(draft, name)
    for member in members:
        if member not in draft.names:
            raise ValueError(f"{member!r} is not defined before")
    if threshold == "all":
        count = len(members)
    elif threshold == "any":
        count = 1
    elif _THRESHOLD.match(threshold):
        count = int(threshold)
    else:
        raise ValueError(f"expected all, any or a number from 1, got {threshold[:40]!r}")
    if count > len(members):
        raise ValueError(f"{count} of {len(members)} members")
    return PolicyGroup(name=name, threshold=count, members=members)


def _new_name(draft: _Draft, name: str) -> str:
    if name == NONE or name in draft.names:
        raise ValueError(f"the name {name!r} is taken")
    return name


def _key(text: str) -> note.Verifier:
    try:
        return note.parse_vkey(text)
    except UnicodeEncodeError:
        raise ValueError("the name of the key is not UTF-8") from None


def _expect(items: list[str], least: int, most: int | None, form: str) -> None:
    if len(items) < least or (most is not None and len(items) > most):
        raise ValueError(f"expected: {form}")


def _room(lines: list[PolicyLog] | list[PolicyWitness] | list[PolicyGroup]) -> None:
    if len(lines) >= LINES_MAX:
        raise ValueError(f"more than {LINES_MAX} lines of this kind")


def _malformed(detail: str) -> NotVerified:
    return NotVerified("POLICY_MALFORMED", f"this is no policy file: {detail}")
