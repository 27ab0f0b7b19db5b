"""Checkpoints and certificates of any leaves, whatever they say, under the log's own signature."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ledger.claims.evidence import Evidence
from ledger.log import note
from ledger.log.checkpoint import Checkpoint
from ledger.log.entry import leaf_hash
from ledger.log.merkle import Frontier, inclusion_proof, root_of
from ledger.verification.certificate import (
    Certificate,
    CertifiedAbsence,
    CertifiedKey,
    CertifiedOrder,
    entries_of,
)
from tests.support.firms import secret

ORIGIN = "park.example/ledger"
LOG_KEY = note.Signer(name=ORIGIN, private_key=secret("log"))


def sign_checkpoint(leaves: Sequence[bytes]) -> str:
    """Return the checkpoint over any leaves, signed by the log's key."""
    root = root_of([leaf_hash(leaf) for leaf in leaves])
    return LOG_KEY.sign(Checkpoint(origin=ORIGIN, size=len(leaves), root=root).text()).decode()


def certify(
    leaves: Sequence[bytes],
    evidence: Evidence,
    order: str,
    indexes: Iterable[int],
    disclosures: Sequence[str] = (),
) -> Certificate:
    """Return a certificate of any leaves, whatever they say, under the log's signature."""
    assert evidence.summary is not None
    about = CertifiedOrder(handle=order, summary=evidence.summary, proof=evidence.proof)
    return certified(leaves, evidence, about, indexes, disclosures)


def certified(
    leaves: Sequence[bytes],
    evidence: Evidence,
    about: CertifiedOrder | CertifiedAbsence,
    indexes: Iterable[int],
    disclosures: Sequence[str] = (),
) -> Certificate:
    """Return a certificate about anything, of any leaves, under the log's signature."""
    hashes = [leaf_hash(leaf) for leaf in leaves]

    def nodes(level: int, index: int) -> bytes:
        part = hashes[index << level : (index + 1) << level]
        return Frontier().extended(part).root()

    return Certificate(
        origin=ORIGIN,
        checkpoint=sign_checkpoint(leaves),
        about=about,
        entries=entries_of(
            [(i, leaves[i], inclusion_proof(i, len(leaves), nodes)) for i in indexes]
        ),
        keys=tuple(
            CertifiedKey(kid=key.kid, standing=key.standing, proof=key.proof)
            for key in evidence.keys
        ),
        disclosures=tuple(disclosures),
    )
