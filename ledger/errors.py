"""What can go wrong with the record: one class per situation.

A `Refusal` is an answer: a rule was broken, nothing changed, the caller can act on the code and
the message. A `Corruption` is an alarm: what is stored contradicts itself or what was signed, and
the writer stops until a person has looked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

Param = str | int


class LedgerError(Exception):
    """Anything that the record refuses or that is wrong with it."""


class Refusal(LedgerError):
    """A broken rule: the attempt is not entered and changes no state.

    Each subclass stands for one situation and sets the class attribute `code`, which is stable.

    Parameters
    ----------
    message
        A whole sentence: what, where, expected against got, and the way out.
    params
        The values in the message by name, for programs and for other languages.
    """

    code: str = "REFUSED"

    def __init__(self, message: str, /, **params: Param) -> None:
        super().__init__(message)
        self.message = message
        self.params: Mapping[str, Param] = dict(params)

    @staticmethod
    def restore(code: str, message: str, params: Mapping[str, Param]) -> Refusal:
        """Return the refusal that was stored as code, message and parameters.

        Where the class of that code is not imported, a plain `Refusal` carries the code.
        """
        for known in _descendants(Refusal):
            if known.__dict__.get("code") == code:
                return known(message, **params)
        plain = Refusal(message, **params)
        plain.code = code
        return plain

    def __reduce__(self) -> tuple[object, ...]:
        """Let a refusal travel between processes with its parameters."""
        return (Refusal.restore, (self.code, self.message, dict(self.params)))


class Malformed(Refusal):
    """A body, a signature or a disclosure has not the form that the specification gives it."""

    code = "MALFORMED_BODY"


class NotCanonical(Malformed):
    """JSON outside the record's canonical form.

    Parameters
    ----------
    reason
        Which rule is broken, one of the names in `ledger.log.canonical`.
    where
        The place, as a path of keys and positions such as `b.lines[2]`; empty for the whole.
    """

    code = "NOT_CANONICAL"


class WrongLog(Refusal):
    """The body was made for another log."""

    code = "WRONG_LOG"


class Expired(Refusal):
    """The body's own time limit `exp` has passed."""

    code = "EXPIRED"


class IdempotencyConflict(Refusal):
    """The request id was used before, for another body."""

    code = "IDEMPOTENCY_CONFLICT"


class StaleHead(Refusal):
    """The order has moved on since the signer saw it."""

    code = "STALE_HEAD"


class RulesFailed(Refusal):
    """The rules stumbled over an entry: a fault of the program, answered by not entering it."""

    code = "RULES_FAILED"


class EntryTooLarge(Refusal):
    """An entry would not fit into a bundle: 65,535 bytes is the most."""

    code = "ENTRY_TOO_LARGE"


class SignatureMissing(Refusal):
    """A signature that the event needs is not there."""

    code = "SIGNATURE_MISSING"


class SignatureInvalid(Refusal):
    """A signature does not fit the body and the key that it names."""

    code = "SIGNATURE_INVALID"


class KeyUnknown(Refusal):
    """A signature names a key that no entry enrolled."""

    code = "KEY_UNKNOWN"


class KeyRevoked(Refusal):
    """A signature names a key that an entry revoked."""

    code = "KEY_REVOKED"


class NotVerified(LedgerError):
    """A proof, a signed note or an exported log does not hold.

    Parameters
    ----------
    code
        Which check failed; stable.
    message
        What was checked, expected against got.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def __reduce__(self) -> tuple[object, ...]:
        """Let it travel between processes."""
        return (type(self), (self.code, self.message))


class Corruption(LedgerError):
    """What is stored contradicts itself or what was signed: the writer stops.

    Parameters
    ----------
    code
        Which contradiction: `LOG_BEHIND_SIGNER`, `ROOT_DIFFERS`, `CHAIN_BROKEN`, `HEAD_DIFFERS`,
        `TILES_DIFFER`, `STATE_DAMAGED`, `SIGNER_DAMAGED`, `CHECKPOINT_DAMAGED`; stable.
    message
        What was found, where, and the way out.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def __reduce__(self) -> tuple[object, ...]:
        """Let it travel between processes."""
        return (type(self), (self.code, self.message))


class HeadMoved(LedgerError):
    """Another process appended in between; nothing of this transaction was kept."""


class OutcomeUnknown(LedgerError):
    """No answer came in time or the store failed: the entry may or may not be in the log.

    Sending the same request again is harmless: it gets the receipt of the first, or is entered.
    """


def _descendants(of: type[Refusal]) -> Iterator[type[Refusal]]:
    for child in of.__subclasses__():
        yield child
        yield from _descendants(child)
