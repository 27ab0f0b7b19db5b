"""Handles, business identifiers with their check digits, and the identity of an order number.

References
----------
GB 32100-2015 (unified social credit code), ISO 17442-1:2020 (LEI), GS1 General Specifications
7.9.1 (GLN check digit), EAS code list (electronic address schemes) for the numeric scheme names.
"""

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

_HANDLE = re.compile(r"[0-9a-f]{32}")
_SCHEME = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,31}")
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_DIGIT_RUN = re.compile(r"\d+")

UNIQUE_SCHEMES = frozenset({"uscc", "lei", "gln", "duns"})
"""Schemes in which one value names one legal party; others (a VAT group) can be shared."""

SCHEME_ALIASES: Mapping[str, str] = MappingProxyType(
    {"0088": "gln", "0199": "lei", "0060": "duns", "cn:uscc": "uscc", "统一社会信用代码": "uscc"}
)
"""Other names under which documents give a scheme."""


class IdentifierError(ValueError):
    """An identifier whose form or check digit is wrong."""


def is_handle(text: object) -> bool:
    """Tell whether the text is an opaque handle: 128 random bits in lower-case hex."""
    return isinstance(text, str) and _HANDLE.fullmatch(text) is not None


def canonical_scheme(scheme: str) -> str:
    """Return the record's name of an identifier scheme: ``0088`` and ``GLN`` are ``gln``.

    Raises
    ------
    IdentifierError
        When the name has characters that no scheme has.
    """
    plain = unicodedata.normalize("NFKC", scheme).strip().lower()
    plain = SCHEME_ALIASES.get(plain, plain)
    if not _SCHEME.fullmatch(plain):
        raise IdentifierError(f"identifier scheme {scheme!r} must be letters, digits and . : - _")
    return plain


def canonical_identifier(scheme: str, value: str) -> str:
    """Return the value in the one form that is compared, after checking its check digits.

    Parameters
    ----------
    scheme
        As `canonical_scheme` returns it. Schemes other than uscc, lei, gln and duns are taken as
        they are, without separators and in capitals.

    Raises
    ------
    IdentifierError
        When nothing is left, the length is wrong or the check digit differs.
    """
    plain = _without_separators(value)
    if not plain:
        raise IdentifierError(f"identifier {value!r} of scheme {scheme} has no letter or digit")
    checker = _CHECKERS.get(scheme)
    if checker is not None:
        checker(plain)
    return plain


def check_uscc(code: str) -> None:
    """Raise `IdentifierError` unless the unified social credit code's check character fits."""
    if len(code) != 18 or any(char not in _USCC_ALPHABET for char in code):
        raise IdentifierError(f"USCC {code!r} must be 18 digits and capitals without I, O, S, V, Z")
    weights = (pow(3, place, 31) for place in range(17))
    total = sum(_USCC_ALPHABET.index(char) * w for char, w in zip(code[:17], weights, strict=True))
    expected = _USCC_ALPHABET[-total % 31]
    if code[17] != expected:
        raise IdentifierError(
            f"USCC {code!r} ends in {code[17]}; its check character is {expected}"
        )


def check_lei(code: str) -> None:
    """Raise `IdentifierError` unless the LEI's two check digits fit (ISO 7064, MOD 97-10)."""
    if not re.fullmatch(r"[0-9A-Z]{18}[0-9]{2}", code):
        raise IdentifierError(f"LEI {code!r} must be 18 digits or capitals and 2 check digits")
    if int("".join(str(int(char, 36)) for char in code)) % 97 != 1:
        raise IdentifierError(f"LEI {code!r} has wrong check digits {code[18:]}")


def check_gln(code: str) -> None:
    """Raise `IdentifierError` unless the GLN's check digit fits."""
    if not re.fullmatch(r"[0-9]{13}", code):
        raise IdentifierError(f"GLN {code!r} must be 13 digits")
    total = sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(code[:12]))
    if int(code[12]) != -total % 10:
        raise IdentifierError(f"GLN {code!r} ends in {code[12]}; its check digit is {-total % 10}")


def check_duns(code: str) -> None:
    """Raise `IdentifierError` unless the D-U-N-S number has nine digits (it has no check digit)."""
    if not re.fullmatch(r"[0-9]{9}", code):
        raise IdentifierError(f"DUNS {code!r} must be 9 digits")


_CHECKERS = MappingProxyType(
    {"uscc": check_uscc, "lei": check_lei, "gln": check_gln, "duns": check_duns}
)


def normalise_order_number(number: str) -> str:
    """Return the form in which two order numbers are the same order number.

    NFKC and capitals; leading zeros of every run of digits and everything that is neither
    letter nor digit removed: ``PO-0041``, ``po 41`` and ``ＰＯ４１`` are ``PO41``.

    Raises
    ------
    IdentifierError
        When nothing is left.
    """
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", number).upper())
    text = _DIGIT_RUN.sub(lambda run: run[0].lstrip("0") or "0", text)
    plain = "".join(char for char in text if char.isalnum())
    if not plain:
        raise IdentifierError(f"order number {number!r} has no letter or digit")
    return plain


def _without_separators(text: str) -> str:
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).upper())
    return "".join(char for char in plain if char.isalnum())
