"""Change one byte of a certificate, in the way that a forger would: a signed amount."""

from __future__ import annotations

import base64
import json

AMOUNT = b'"net":"'


def flip_byte(data: bytes) -> bytes:
    """Return the certificate with one digit of the order's value changed, and nothing else.

    The leaf stays canonical JSON of the right shape, so that only the proofs can tell.
    """
    document = json.loads(data)
    for entry in document["entries"]:
        leaf = base64.b64decode(entry["leaf"])
        place = leaf.find(AMOUNT)
        if place >= 0:
            digit = place + len(AMOUNT)
            changed = b"8" if leaf[digit : digit + 1] == b"9" else b"9"
            forged = leaf[:digit] + changed + leaf[digit + 1 :]
            old, new = entry["leaf"].encode(), base64.b64encode(forged)
            return data.replace(old, new, 1)
    return data[:-2] + bytes([data[-2] ^ 1]) + data[-1:]
