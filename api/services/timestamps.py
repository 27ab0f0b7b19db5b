"""Time stamps of an authority outside (RFC 3161) over checkpoints that somebody kept.

An authority knows neither the log nor its witnesses. What it stamped existed at that time, even
when the operator and every witness say otherwise together. The stamp of a file `F` stands beside
it as `F.tsr`, the response of the authority as it came; any program makes and verifies one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from pathlib import Path
from types import ModuleType

from cryptography import x509

from api.services.errors import BadRequest

SUFFIX = ".tsr"
RESPONSE_BYTES_MAX = 100_000
_DIGESTS = {
    "2.16.840.1.101.3.4.2.1": hashlib.sha256,
    "2.16.840.1.101.3.4.2.2": hashlib.sha384,
    "2.16.840.1.101.3.4.2.3": hashlib.sha512,
}
"""Digests that are believed, by object identifier."""


def stamped_s(path: Path, roots: Path) -> int | None:
    """Return when a file was stamped, POSIX seconds rounded up; None without a stamp beside it.

    Parameters
    ----------
    roots
        PEM file with the root certificates of authorities that are believed.

    Raises
    ------
    BadRequest
        When the stamp is not of this file or not of a believed authority, when a file cannot be
        read, or when the package that reads stamps is not installed.
    """
    stamp = path.with_name(path.name + SUFFIX)
    if not stamp.exists():
        return None
    tsp = _library()
    try:
        response = tsp.decode_timestamp_response(_limited(stamp))
        builder = tsp.VerifierBuilder()
        for root in x509.load_pem_x509_certificates(roots.read_bytes()):
            builder = builder.add_root_certificate(root)
        imprint = response.tst_info.message_imprint
        made = _digest(imprint.hash_algorithm.dotted_string, path.read_bytes())
        builder.build().verify(response, made)
        generated: dt.datetime = response.tst_info.gen_time
        return math.ceil(generated.timestamp())
    except OSError as unreadable:
        raise BadRequest(f"Cannot read {unreadable.filename}: {unreadable.strerror}.") from None
    except (ValueError, tsp.VerificationError) as wrong:
        raise BadRequest(
            f"{stamp} is no time stamp of {path.name} that {roots} vouches for: {wrong}.",
            path=str(stamp),
        ) from None


def _digest(algorithm: str, data: bytes) -> bytes:
    digest = _DIGESTS.get(algorithm)
    if digest is None:
        raise ValueError(f"its digest {algorithm} is not believed")
    return digest(data).digest()


def _limited(path: Path) -> bytes:
    data = path.read_bytes()
    if len(data) > RESPONSE_BYTES_MAX:
        raise ValueError(f"it has {len(data)} bytes, expected at most {RESPONSE_BYTES_MAX}")
    return data


def _library() -> ModuleType:
    """Return the package that reads time stamps; it is an extra."""
    try:
        import rfc3161_client  # noqa: PLC0415
    except ImportError:
        raise BadRequest(
            "Reading time stamps needs the package rfc3161-client: install parkloom[timestamps]."
        ) from None
    return rfc3161_client
