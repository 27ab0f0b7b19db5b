"""Salted disclosures: what a body commits to without showing it.

A disclosure is the text base64url(JSON [salt, name, value]); the body's `sd` holds its digest.
Whoever is given the text can check it against the signed record; whoever is not can guess
nothing, because the salt has 128 bits.

References
----------
RFC 9901 (Selective Disclosure for JSON Web Tokens), sections 4.2.1 and 4.2.3.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

SALT_BYTES = 16
DISCLOSURE_CHARACTERS_MAX = 32_768
DEPTH_MAX = 8
LENGTHS = (4, 8, 16, 32, 64, 128, 256, 400)
"""How many digests a body may have, when it has any."""

Salts = Callable[[str], bytes]
"""Gives the salt (16 bytes or more) of a disclosure by its name; never the same twice."""

_KEY = re.compile(r"[a-z][a-z0-9_]*")
_NAME = re.compile(r"[a-z][a-z0-9_]*(/[1-9][0-9]*)?")


class DisclosureError(ValueError):
    """A disclosure that does not open what the body commits to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """One opened field: its text as handed over, its name and its value."""

    text: str
    name: str
    value: object

    @property
    def digest(self) -> str:
        """What stands in `sd` for this disclosure."""
        return digest(self.text)


def derived_salts(order_key: bytes, idem: str) -> Salts:
    """Return salts derived from one key per order, so that only that key needs keeping.

    Parameters
    ----------
    order_key
        Secret of the order, at least 16 random bytes. Destroying it erases every disclosure.
    idem
        The body's request id; two bodies never share salts.
    """
    if len(order_key) < SALT_BYTES:
        raise ValueError(f"order key has {len(order_key)} bytes; it needs at least {SALT_BYTES}")

    def salt(name: str) -> bytes:
        message = f"parkloom/salt/v1\n{name}\n{idem}".encode()
        return hmac.new(order_key, message, hashlib.sha256).digest()[:SALT_BYTES]

    return salt


def with_decoys(digests: Iterable[str], salts: Salts) -> tuple[list[str], tuple[str, ...]]:
    """Return the digests of a body in order, filled up with decoys to one of a few lengths.

    Beside them comes the salt of each decoy, base64url, for those who are asked to sign: what is
    the hash of 16 bytes is the hash of no disclosure, which is longer.

    How many private fields there are, an order's number of lines above all, is then known only
    up to a power of two. A decoy opens nothing (RFC 9901 section 4.2.5); like the salts it comes
    from the order's key, and once that is destroyed nobody can tell it from the others.

    Raises
    ------
    DisclosureError
        When there are more than 400.
    """
    found = set(digests)
    if not found:
        return [], ()
    made: list[str] = []
    length = next((size for size in LENGTHS if size >= len(found)), None)
    if length is None:
        raise DisclosureError(f"{len(found)} private fields; {LENGTHS[-1]} is the most")
    number = 0
    while len(found) < length:
        number += 1
        salt = _encode(salts(f"decoy {number}"))
        made.append(salt)
        found.add(decoy_digest(salt))
    return sorted(found), tuple(made)


def decoy_digest(salt: str) -> str:
    """Return the digest of the decoy with this salt.

    Raises
    ------
    DisclosureError
        When the salt is not canonical base64url of 16 bytes.
    """
    try:
        data = base64.urlsafe_b64decode(salt.encode("ascii") + b"=" * (-len(salt) % 4))
    except (ValueError, binascii.Error) as problem:
        raise DisclosureError(f"the salt of a decoy is not base64url: {problem}") from None
    if len(data) != SALT_BYTES or _encode(data) != salt:
        raise DisclosureError(f"the salt of a decoy must be {SALT_BYTES} bytes in base64url")
    return _encode(hashlib.sha256(data).digest())


def disclose(name: str, value: object, salt: bytes) -> str:
    """Return the disclosure text of one named value.

    Raises
    ------
    DisclosureError
        When the name is not lower-case snake case (with ``/n`` for the n-th of a list), the
        salt is shorter than 16 bytes, or the value holds a float or broken text.

    Notes
    -----
    Text is written in Unicode form NFC, whatever form it comes in.
    """
    if not _NAME.fullmatch(name):
        raise DisclosureError(f"disclosure name {name!r} must look like `number` or `line/1`")
    if len(salt) < SALT_BYTES:
        raise DisclosureError(f"salt of {name!r} has {len(salt)} bytes; it needs {SALT_BYTES}")
    array = [_encode(salt), name, _composed(name, value)]
    text = json.dumps(array, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return _encode(text.encode())


def digest(text: str) -> str:
    """Return base64url(SHA-256(text)) without padding, the form that `sd` holds."""
    return _encode(hashlib.sha256(text.encode("ascii")).digest())


def open_disclosure(text: str) -> Disclosure:
    """Return the name and the value of a disclosure text.

    Raises
    ------
    DisclosureError
        When it is not canonical base64url of a JSON array [salt, name, value].
    """
    if len(text) > DISCLOSURE_CHARACTERS_MAX:
        raise DisclosureError(f"disclosure has {len(text)} characters; the limit is 32768")
    try:
        data = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        array = json.loads(
            data.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_float
        )
    except (ValueError, binascii.Error, RecursionError) as problem:
        raise DisclosureError(f"disclosure is not base64url of JSON: {problem}") from None
    if _encode(data) != text:
        raise DisclosureError("disclosure is not canonical base64url (alphabet or padding)")
    if not isinstance(array, list) or len(array) != 3:
        raise DisclosureError("disclosure is not an array of salt, name and value")
    _, name, value = array
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise DisclosureError(f"disclosure name {name!r} must look like `number` or `line/1`")
    _check_value(name, value)
    return Disclosure(text=text, name=name, value=value)


def open_all(texts: Iterable[str], sd: Sequence[str]) -> Mapping[str, Disclosure]:
    """Return disclosures by name after matching each with the digests of a body.

    Raises
    ------
    DisclosureError
        When one does not open, its digest is not in `sd`, or a name comes twice.
    """
    committed = set(sd)
    opened: dict[str, Disclosure] = {}
    for text in texts:
        item = open_disclosure(text)
        if item.digest not in committed:
            raise DisclosureError(f"disclosure {item.name!r} is not what the body commits to")
        if item.name in opened:
            raise DisclosureError(f"disclosure {item.name!r} is given twice")
        opened[item.name] = item
    return opened


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError("an object repeats a key")
    return dict(pairs)


def _no_float(text: str) -> object:
    raise ValueError(f"{text} is not a number of the record")


def _check_value(name: str, value: object) -> None:
    if _composed(name, value) != value:
        raise DisclosureError(f"disclosure {name!r} holds text that is not in Unicode form NFC")


def _composed(name: str, value: object, depth: int = 0) -> object:
    """Return the value with its text in NFC; refuse what the record cannot hold."""
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise DisclosureError(f"disclosure {name!r} holds half a surrogate pair") from None
        return unicodedata.normalize("NFC", value)
    if value is None or isinstance(value, int):
        return value
    if depth >= DEPTH_MAX:
        raise DisclosureError(f"disclosure {name!r} is nested more than {DEPTH_MAX} levels deep")
    if isinstance(value, Mapping):
        return {_key(name, key): _composed(name, one, depth + 1) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_composed(name, one, depth + 1) for one in value]
    raise DisclosureError(
        f"disclosure {name!r} holds a {type(value).__name__}; write amounts as digits in text"
    )


def _key(name: str, key: object) -> str:
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise DisclosureError(f"disclosure {name!r} has the key {key!r}; use lower snake case")
    return key
