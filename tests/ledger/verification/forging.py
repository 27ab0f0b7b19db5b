"""What a dishonest operator can do: he holds the log's key and may sign any tree."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ledger.claims.evidence import Evidence
from ledger.log.canonical import JsonObject, encode
from ledger.log.entry import NO_LEAF, Envelope, Signature, leaf_hash, parse_leaf
from ledger.log.signing import sign_body
from ledger.values.consent import Role
from ledger.verification.certificate import Certificate
from tests.support.certifying import ORIGIN, certify
from tests.support.firms import Person
from tests.support.parties import World


@dataclass(kw_only=True)
class Forgery:
    """A copy of a world's log in which anything may be rewritten."""

    world: World
    order: str
    envelopes: list[Envelope]
    indexes: list[int]
    evidence: Evidence

    @classmethod
    def of(cls, world: World, order: str) -> "Forgery":
        evidence = world.evidence(order)
        envelopes = [parse_leaf(leaf) for leaf in world.leaves()]
        indexes = [index for index, _ in evidence.leaves]
        return cls(
            world=world, order=order, envelopes=envelopes, indexes=indexes, evidence=evidence
        )

    def find(self, event: str, nth: int = 0) -> int:
        """Return the index of the n-th certified entry of a type."""
        found = [i for i in self.indexes if self.envelopes[i].body["type"] == event]
        return found[nth]

    def body(self, at: int, **fields: object) -> None:
        """Rewrite fields of a body, leaving the signatures as they are."""
        changed = {**self.envelopes[at].body, **fields}
        body: JsonObject = {name: value for name, value in changed.items() if value is not None}  # type: ignore[misc]
        self.envelopes[at] = replace(self.envelopes[at], body=body)

    def meta(self, at: int, **fields: object) -> None:
        """Rewrite fields of a meta."""
        meta = self.envelopes[at].meta._replace(**fields)
        self.envelopes[at] = replace(self.envelopes[at], meta=meta)

    def sign(self, index: int, *people: tuple[Person, Role]) -> None:
        """Sign a rewritten body anew, as a conspiracy of its signers would."""
        envelope = self.envelopes[index]
        if not people:
            known = {person.kid: person for person in self.world.people.values()}
            root = Person(party="", user="", duty=None, key=self.world.root)
            known[root.kid] = root
            people = tuple((known[s.kid], Role(s.role)) for s in envelope.signatures)
        data = encode(envelope.body)
        signatures = [
            Signature(kid=p.kid, role=role.value, sig=sign_body(p.key, ORIGIN, data))
            for p, role in people
        ]
        signatures.sort(key=lambda one: (one.role, one.kid))
        self.envelopes[index] = replace(envelope, signatures=tuple(signatures))

    def follow(self, at: int) -> None:
        """Let the entry after a rewritten one name it, where the chains are left as they are."""
        self.meta(at + 1, previous_leaf=leaf_hash(self.envelopes[at].leaf()))

    def drop(self, index: int) -> None:
        """Leave an entry out of the certificate."""
        self.indexes.remove(index)

    def leaves(self, *, rechain: bool = True) -> list[bytes]:
        """Return the leaves, the chains computed anew so that they fit the rewritten entries."""
        leaves: list[bytes] = []
        orders: dict[str, bytes] = {}
        for index, envelope in enumerate(self.envelopes):
            meta, body = envelope.meta, envelope.body
            if rechain:
                meta = meta._replace(previous_leaf=leaf_hash(leaves[-1]) if leaves else NO_LEAF)
                order = body.get("order")
                if isinstance(order, str) and meta.order_sequence is not None:
                    previous = orders.get(order, NO_LEAF)
                    meta = meta._replace(order_previous=previous)
                    if "osp" in body and body["osp"] != previous.hex():
                        self.body(index, osp=previous.hex())
                        self.sign(index)
            leaf = replace(self.envelopes[index], meta=meta).leaf()
            leaves.append(leaf)
            if "order" in body:
                orders[str(body["order"])] = leaf_hash(leaf)
        return leaves

    def certificate(self, *, rechain: bool = True, disclosures: Sequence[str] = ()) -> Certificate:
        """Return the certificate of the rewritten log, properly proved and signed."""
        leaves = self.leaves(rechain=rechain)
        return certify(leaves, self.evidence, self.order, self.indexes, disclosures)
