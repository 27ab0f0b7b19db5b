"""What entries mean: signatures, rules and invariants, replayed from the first entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ledger.audit.entries import Entry
from ledger.audit.findings import Finding
from ledger.audit.invariants import check_changes
from ledger.audit.state import KeptState
from ledger.errors import Corruption, Refusal
from ledger.log.checks import check_signatures, extend_chain
from ledger.log.roots import RootChecker
from ledger.log.rules import Rules
from ledger.log.state import ReadState

CheckSignatures = Callable[..., None]
"""`ledger.log.checks.check_signatures`, or a stand-in where they are known to be good."""

_STUMBLES = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class Meaning:
    """The record's state up to some entry, under every rule.

    The first finding ends the replay: what follows would rest on a state that the log does not
    vouch for. The reading of chains and tree goes on.

    Parameters
    ----------
    origin
        Name of the log, which every signature is bound to.
    rules
        The rules of the record, without the operator's tag key.
    below
        State that was replayed before, to go on from.
    replayed
        How many entries that was.
    stopped
        Whether a finding had ended that replay.
    roots
        Compares the roots of the state map that entries state; None leaves them out.
    check
        How signatures are checked.
    """

    def __init__(
        self,
        origin: str,
        rules: Rules,
        *,
        below: ReadState,
        replayed: int = 0,
        stopped: bool = False,
        roots: RootChecker | None = None,
        check: CheckSignatures = check_signatures,
    ) -> None:
        self._origin = origin
        self._rules = rules
        self._roots = roots
        self._check = check
        self.state = KeptState(below)
        self.replayed = replayed
        self.stopped = stopped
        self.signatures = 0

    def add(self, entry: Entry) -> Iterator[Finding]:
        """Yield what is wrong with an entry's meaning; apply it when it is right."""
        if self.stopped:
            return
        self.state.begin()
        found = self._replay(entry)
        if found:
            self.stopped = True
            yield from found
            return
        self.replayed = entry.index + 1

    def _replay(self, entry: Entry) -> list[Finding]:
        envelope, body, state = entry.envelope, entry.body, self.state
        try:
            keys = self._rules.signer_keys(state, body.fields, envelope.signatures)
            self._check(self._origin, body.data, envelope.signatures, keys)
            self._rules.apply(state, envelope)
            extend_chain(state, body, envelope.meta.order_sequence, entry.digest)
            if self._roots is not None:
                self._roots.entered(state, envelope)
        except (Refusal, Corruption) as refusal:
            return [Finding(code=refusal.code, message=str(refusal), index=entry.index)]
        except _STUMBLES as fault:
            message = f"the rules stumbled: {fault!r}"
            return [Finding(code="RULES_FAILED", message=message, index=entry.index)]
        self.signatures += len(envelope.signatures)
        problems = check_changes(entry, state)
        return [
            Finding(code=code, message=message, index=entry.index) for code, message in problems
        ]
