"""What a use case can refuse: a code, its parameters and a sentence for people.

Services let two other families pass through untouched: `data.errors.DataError` (`NotFound`,
`Conflict`, `WrongStatus`, trouble with the database) and `ledger.errors.LedgerError`, whose
`Refusal` is a broken rule of the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class ServiceError(Exception):
    """A request that is refused; it changed nothing.

    Attributes
    ----------
    code
        Stable name of the situation, upper case.
    params
        The values that the message speaks of.
    """

    code: ClassVar[str] = "REFUSED"

    def __init__(self, message: str, **params: str | int) -> None:
        super().__init__(message)
        self.message = message
        self.params: Mapping[str, str | int] = params


class NotInitialised(ServiceError):
    """The home folder holds no installation yet."""

    code = "NOT_INITIALISED"


class AlreadyInitialised(ServiceError):
    """The home folder already holds an installation with other keys or another name."""

    code = "ALREADY_INITIALISED"


class BadRequest(ServiceError):
    """A value that cannot be used: what, where, and what would do."""

    code = "BAD_REQUEST"


class NotOnboarded(ServiceError):
    """An organisation has no party in the record, so nothing can be signed for it."""

    code = "NOT_ONBOARDED"


class NotPublished(ServiceError):
    """What is asked for is not under a published checkpoint yet; it will be."""

    code = "NOT_PUBLISHED"


class OrderPresent(ServiceError):
    """A purchase order whose absence was to be certified is in the record."""

    code = "ORDER_PRESENT"


class NoPlan(ServiceError):
    """No plan keeps the rules of a request: proved, or none was found within the limits."""

    code = "NO_PLAN"


class CheckFailed(ServiceError):
    """The independent check refused what the optimiser returned; nothing was stored."""

    code = "CHECK_FAILED"
