"""Trust policies (C2SP tlog-policy): which logs, which witnesses, and what quorum of them.

The file goes to lenders and auditors by another way than the log. A checkpoint is valid under a
policy when one of its logs has signed it and its quorum of witnesses has cosigned it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from ledger.errors import NotVerified
from ledger.log import note
from ledger.log.checkpoint import Checkpoint, open_checkpoint_of

NONE = "none"
"""The quorum that asks for no witness; no name of a witness or group."""

LOG_TYPES = (note.ED25519, note.COSIGNATURE_MLDSA44)
WITNESS_TYPES = (note.COSIGNATURE_ED25519, note.COSIGNATURE_MLDSA44)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyLog:
    """A log that is accepted: its key, whose name is the origin, and where it is served."""

    key: note.Verifier
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyWitness:
    """A witness: its name inside the policy, its key, and its submission prefix."""

    name: str
    key: note.Verifier
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyGroup:
    """Members, by name, of which at least `threshold` must have witnessed."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A checkpoint that is valid under a policy.

    Parameters
    ----------
    checkpoint
        Origin, size and root.
    cosigned
        POSIX time of each witness's cosignature, by its name in the policy; only verified ones.
    time_s
        The latest time as of which a whole quorum says that this was the largest tree it had seen;
        None when the policy asks for no witness. A cosignature of time 0 makes no such statement.
    opened
        The note with its verified lines.
    """

    checkpoint: Checkpoint
    cosigned: Mapping[str, int]
    time_s: int | None
    opened: note.OpenedNote


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Logs, witnesses, groups and the quorum, as a policy file lists them.

    Parameters
    ----------
    logs
        May be empty where the log is known otherwise; then `evaluate` is told it.
    quorum
        Name of a witness or group, or `NONE`.

    Raises
    ------
    ValueError
        When a name is used twice or not defined before its use, a key stands twice, a key is of the
        wrong type, a threshold is out of range, or a name is a member twice.
    """

    logs: tuple[PolicyLog, ...] = ()
    witnesses: tuple[PolicyWitness, ...] = ()
    groups: tuple[PolicyGroup, ...] = ()
    quorum: str = NONE
    _members: Mapping[str, PolicyGroup] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _check_keys([one.key for one in self.logs], LOG_TYPES, "log")
        _check_keys([one.key for one in self.witnesses], WITNESS_TYPES, "witness")
        names = {NONE}
        for witness in self.witnesses:
            _define(names, witness.name)
        taken: set[str] = set()
        for group in self.groups:
            _check_group(group, names - {NONE}, taken)
            _define(names, group.name)
        if self.quorum not in names:
            raise ValueError(f"the quorum {self.quorum!r} is no witness or group of this policy")
        groups = MappingProxyType({group.name: group for group in self.groups})
        object.__setattr__(self, "_members", groups)

    @property
    def keys(self) -> tuple[note.Verifier, ...]:
        """The keys of all witnesses."""
        return tuple(witness.key for witness in self.witnesses)

    def satisfied(self, witnesses: Collection[str]) -> bool:
        """Tell whether cosignatures of these witnesses, by name in the policy, are a quorum."""
        return self.quorum == NONE or self._witnessed(self.quorum, witnesses)

    def evaluate(self, data: bytes, logs: Sequence[note.Verifier] = ()) -> Evaluation:
        """Return what a signed checkpoint states when it is valid under this policy.

        Parameters
        ----------
        data
            The signed note.
        logs
            The log's keys where the policy lists none, or some of its logs where only these are
            meant; each of them must be among the policy's, if it lists any.

        Raises
        ------
        NotVerified
            `LOG_UNKNOWN` when a given log is not the policy's, or no log is known at all;
            `QUORUM_MISSING` when too few witnesses cosigned; else as `open_checkpoint`.
        """
        accepted = self._accepted(logs)
        checkpoint, opened = open_checkpoint_of(data, accepted, self.keys)
        lines = {(one.name, one.key_id): one.time_s for one in opened.signatures}
        cosigned = {}
        for witness in self.witnesses:
            time_s = lines.get((witness.key.name, witness.key.key_id))
            if time_s is not None:
                cosigned[witness.name] = time_s
        if not self.satisfied(cosigned):
            raise NotVerified(
                "QUORUM_MISSING",
                f"the checkpoint of size {checkpoint.size} needs {self.describe()}; cosigned by "
                f"{', '.join(sorted(cosigned)) or 'no witness of the policy'}",
            )
        return Evaluation(
            checkpoint=checkpoint,
            cosigned=MappingProxyType(cosigned),
            time_s=self._quorum_time(cosigned),
            opened=opened,
        )

    def describe(self, name: str | None = None) -> str:
        """Return in words what a quorum (or the witness or group of this name) is."""
        name = self.quorum if name is None else name
        group = self._members.get(name)
        if group is None:
            return "no witness" if name == NONE else name
        parts = [self.describe(member) for member in group.members]
        return f"{group.threshold} of ({', '.join(parts)})"

    def _accepted(self, logs: Sequence[note.Verifier]) -> tuple[note.Verifier, ...]:
        listed = tuple(log.key for log in self.logs)
        for log in logs:
            if listed and log not in listed:
                raise NotVerified("LOG_UNKNOWN", f"the policy does not list the log {log.vkey}")
        accepted = tuple(logs) or listed
        if not accepted:
            raise NotVerified("LOG_UNKNOWN", "the policy lists no log, and none was named")
        return accepted

    def _witnessed(self, name: str, witnesses: Collection[str]) -> bool:
        group = self._members.get(name)
        if group is None:
            return name in witnesses
        count = sum(self._witnessed(member, witnesses) for member in group.members)
        return count >= group.threshold

    def _quorum_time(self, cosigned: Mapping[str, int]) -> int | None:
        if self.quorum == NONE:
            return None
        times = sorted(set(cosigned.values()), reverse=True)
        return next(
            time_s
            for time_s in times
            if self.satisfied([name for name, at in cosigned.items() if at >= time_s])
        )


def _check_keys(keys: Sequence[note.Verifier], types: Sequence[int], what: str) -> None:
    seen: set[bytes] = set()
    for key in keys:
        if key.type not in types:
            raise ValueError(f"key {key.name} of type 0x{key.type:02x} cannot be a {what}'s")
        if key.public_key in seen:
            raise ValueError(f"the public key of {what} {key.name} stands twice")
        seen.add(key.public_key)


def _define(names: set[str], name: str) -> None:
    if not name or name in names:
        raise ValueError(f"the name {name!r} is taken")
    names.add(name)


def _check_group(group: PolicyGroup, defined: Collection[str], taken: set[str]) -> None:
    """Check a group against the names before it; `taken` collects the members of all groups."""
    if not 1 <= group.threshold <= len(group.members):
        raise ValueError(
            f"group {group.name} asks for {group.threshold} of its {len(group.members)} members"
        )
    for member in group.members:
        if member not in defined:
            raise ValueError(f"group {group.name}: {member!r} is not defined before it")
        if member in taken:
            raise ValueError(f"group {group.name}: {member!r} is a member twice")
        taken.add(member)
