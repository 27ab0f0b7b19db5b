"""Named facts as they come from people: checked one by one, refused with what would do."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from api.services.errors import BadRequest
from ledger.values.consent import Role
from ledger.values.money import Money, MoneyError


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts given for one event; texts, numbers, flags and lists of texts."""

    event: str
    given: Mapping[str, object]

    def __post_init__(self) -> None:
        for name, value in self.given.items():
            if isinstance(value, float):
                raise BadRequest(
                    f"{name}: got the number {value}; write amounts as digits in minor units, "
                    "never as floats.",
                    fact=name,
                )

    def expect(self, required: tuple[str, ...], optional: tuple[str, ...]) -> None:
        """Refuse missing and unknown names. Raises BadRequest."""
        lacking = [name for name in required if self.given.get(name) in (None, "")]
        unknown = sorted(set(self.given) - set(required) - set(optional))
        if lacking:
            raise BadRequest(f"{self.event} needs {', '.join(lacking)}.", fact=lacking[0])
        if unknown:
            known = ", ".join((*required, *optional)) or "no facts"
            raise BadRequest(
                f"{self.event} knows no {', '.join(unknown)}; it takes {known}.", fact=unknown[0]
            )

    def has(self, name: str) -> bool:
        """Tell whether the fact was given."""
        return self.given.get(name) not in (None, "")

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text."""
        value = self.given.get(name, default)
        if not isinstance(value, str) or not value.strip():
            raise self._refuse(name, "a text", value)
        return value.strip()

    def number(self, name: str, default: int | None = None) -> int:
        """Return a whole number, written as such or as digits."""
        value = self.given.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise self._refuse(name, "a whole number", value)
        try:
            return int(value)
        except ValueError:
            raise self._refuse(name, "a whole number", value) from None

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a yes or no."""
        value = self.given.get(name, default)
        if isinstance(value, bool):
            return value
        if value in {"true", "yes", "1"}:
            return True
        if value in {"false", "no", "0"}:
            return False
        raise self._refuse(name, "true or false", value)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts, or a text of several separated by commas."""
        value = self.given.get(name)
        if isinstance(value, str):
            value = [part.strip() for part in value.split(",")]
        if not isinstance(value, list | tuple) or not value:
            raise self._refuse(name, "a list of texts", value)
        if not all(isinstance(part, str) and part for part in value):
            raise self._refuse(name, "a list of texts", value)
        return tuple(value)

    def money(self, name: str, currency: str) -> Money:
        """Return an amount written as digits in minor units (fen)."""
        value = self.given.get(name)
        try:
            return Money.from_digits(value, currency)
        except MoneyError:
            expected = f"digits in minor units of {currency}, such as 9000000"
            raise self._refuse(name, expected, value) from None

    def date(self, name: str, default: dt.date | None = None) -> dt.date:
        """Return a date written YYYY-MM-DD."""
        value = self.given.get(name)
        if value is None and default is not None:
            return default
        try:
            return dt.date.fromisoformat(str(value))
        except ValueError:
            raise self._refuse(name, "a date as YYYY-MM-DD", value) from None

    def key(self, name: str) -> bytes:
        """Return an Ed25519 public key of 32 bytes, written as base64."""
        try:
            data = base64.b64decode(self.text(name), validate=True)
        except (binascii.Error, ValueError):
            data = b""
        if len(data) != 32:
            raise self._refuse(name, "base64 of the 32 bytes of an Ed25519 public key", "no key")
        return data

    def side(self) -> Role:
        """Return who acts of an order's two sides, the fact `by`: the seller unless it is given."""
        by = self.text("by", Role.SELLER.value)
        if by not in {Role.BUYER.value, Role.SELLER.value}:
            raise self._refuse("by", "buyer or seller", by)
        return Role(by)

    def _refuse(self, name: str, expected: str, got: object) -> BadRequest:
        shown = repr(got)
        shown = shown if len(shown) <= 60 else shown[:57] + "..."
        return BadRequest(
            f"{self.event}: {name}: expected {expected}, got {shown}.", fact=name, event=self.event
        )
