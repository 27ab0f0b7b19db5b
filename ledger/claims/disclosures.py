"""Salted disclosures of bodies; the format itself stands in `ledger.values.disclosures`."""

from collections.abc import Iterable, Mapping

from ledger.log.canonical import JsonObject
from ledger.values.disclosures import (
    Disclosure,
    DisclosureError,
    Salts,
    derived_salts,
    digest,
    disclose,
    open_all,
    open_disclosure,
)

__all__ = [
    "Disclosure",
    "DisclosureError",
    "Salts",
    "check",
    "derived_salts",
    "digest",
    "disclose",
    "open_all",
    "open_disclosure",
]


def check(body: JsonObject, disclosures: Iterable[str]) -> Mapping[str, Disclosure]:
    """Return the opened disclosures of a body by name.

    Raises
    ------
    DisclosureError
        When one does not open, is not committed to in the body's `sd`, or comes twice.
    """
    sd = body.get("sd")
    digests = [item for item in sd if isinstance(item, str)] if isinstance(sd, list) else []
    return open_all(disclosures, digests)
