"""Who may sign: keys and parties as the certified entries themselves enrol them.

Trust starts at one key, the registrar's root, given from outside. It enrols the registrar's own
keys; these onboard parties and enrol all others; each enrolment is an entry that is proved like
any other and must come before what it authorises.
"""

import base64
from dataclasses import dataclass, field

from ledger.errors import NotVerified
from ledger.log.canonical import JsonObject
from ledger.log.entry import Envelope, Signature
from ledger.log.signing import key_id, verify_body
from ledger.values.bodies import introduced_keys
from ledger.values.consent import (
    ConsentError,
    Duty,
    EventType,
    Role,
    Signatory,
    match_signatures,
    needs_of,
)
from ledger.values.kinds import parse_public_key


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolledKey:
    """A key as its enrolment, the entry `index`, states it; times in UTC milliseconds."""

    party: str
    user: str
    duty: Duty
    public_key: bytes
    valid_from: int
    valid_to: int
    index: int


@dataclass(slots=True, kw_only=True)
class People:
    """What is known of keys and parties after the entries read so far.

    Parameters
    ----------
    root
        The registrar's raw public key, pinned.
    registrar
        Its key id, which is also the registrar's party handle.
    last_signed
        Index of the last entry that each key signed.
    """

    root: bytes
    keys: dict[str, EnrolledKey] = field(default_factory=dict)
    revoked: dict[str, int] = field(default_factory=dict)
    roles: dict[str, frozenset[Role]] = field(default_factory=dict)
    last_signed: dict[str, int] = field(default_factory=dict)
    signatures: int = 0

    registrar: str = field(init=False)

    def __post_init__(self) -> None:
        self.registrar = key_id(self.root)

    def check(self, envelope: Envelope, signed: bytes) -> None:
        """Check every signature of an entry, and that they are those which its type needs.

        Parameters
        ----------
        signed
            The canonical bytes of the entry's body.

        Raises
        ------
        NotVerified
            `KEY_UNKNOWN`, `KEY_REVOKED`, `KEY_NOT_VALID`, `ROLE_NOT_HELD`, `SIGNATURE_INVALID`,
            `REGISTRAR`, or the code of the signature that is missing or does not belong.
        """
        body, index = envelope.body, envelope.meta.index
        if body.get("registrar", self.registrar) != self.registrar:
            raise NotVerified(
                "REGISTRAR",
                f"entry {index} names the registrar {body['registrar']}, pinned is "
                f"{self.registrar}",
            )
        signed_by = []
        for signature in envelope.signatures:
            public_key, signatory = self._signatory(envelope, signature)
            if not verify_body(public_key, str(body["log"]), signed, signature.sig):
                raise NotVerified(
                    "SIGNATURE_INVALID",
                    f"entry {index}: the signature of key {signature.kid} does not fit its body",
                )
            signed_by.append(signatory)
            if signatory.role is not Role.PARTY:  # a key may sign the entry that replaces it
                self.last_signed[signature.kid] = index
        try:
            match_signatures(needs_of(body), signed_by)
        except ConsentError as problem:
            raise NotVerified(problem.code, f"entry {index}: {problem}") from None
        self.signatures += len(signed_by)

    def learn(self, envelope: Envelope, event: EventType) -> bool:
        """Take in an onboarding, an enrolment or a revocation; tell whether it was one.

        Raises
        ------
        NotVerified
            `KEY_MISMATCH` or `KEY_EXISTS`.
        """
        body, subject = envelope.body, str(envelope.body["subject"])
        if event is EventType.PARTY_ONBOARDED:
            named = body["roles"]
            assert isinstance(named, list)
            self.roles[subject] = frozenset(Role(str(role)) for role in named)
        elif event is EventType.KEY_ENROLLED:
            self._enrol(envelope, subject)
        elif event is EventType.KEY_REVOKED:
            self.revoked.setdefault(subject, envelope.meta.index)
        elif event is EventType.KEY_ROTATED:
            self._rotate(envelope, subject)
        else:
            return False
        return True

    def _rotate(self, envelope: Envelope, kid: str) -> None:
        """Let the new key stand for whom the old one stood for, which ends."""
        old = str(envelope.body["replaces"])
        self._enrol(envelope, kid, self.keys[old])  # `check` has seen its signature
        self.revoked.setdefault(old, envelope.meta.index)

    def standing(self, kid: str) -> JsonObject:
        """Return the standing of an enrolled key as the entries say it, version 1."""
        key = self.keys[kid]
        standing: JsonObject = {
            "v": 1,
            "party": key.party,
            "user": key.user,
            "duty": key.duty.value,
            "public_key": base64.b64encode(key.public_key).decode("ascii"),
            "valid_from": key.valid_from,
            "valid_to": key.valid_to,
            "enrolled": key.index,
        }
        if kid in self.revoked:
            standing["revoked"] = self.revoked[kid]
        return standing

    def _enrol(self, envelope: Envelope, kid: str, old: EnrolledKey | None = None) -> None:
        body, index = envelope.body, envelope.meta.index
        public_key = parse_public_key(body["public_key"])
        if key_id(public_key) != kid:
            raise NotVerified("KEY_MISMATCH", f"entry {index}: {kid} does not name its public key")
        if kid in self.keys or kid == self.registrar:
            raise NotVerified("KEY_EXISTS", f"entry {index} enrols key {kid} a second time")
        self.keys[kid] = EnrolledKey(
            party=str(body["party"]),
            user=old.user if old is not None else str(body["user"]),
            duty=old.duty if old is not None else Duty(str(body["duty"])),
            public_key=public_key,
            valid_from=int(str(body["valid_from"])),
            valid_to=int(str(body["valid_to"])),
            index=index,
        )

    def _signatory(self, envelope: Envelope, signature: Signature) -> tuple[bytes, Signatory]:
        index, time_ms, kid = envelope.meta.index, envelope.meta.time_ms, signature.kid
        try:
            role = Role(signature.role)
        except ValueError:
            raise NotVerified(
                "SIGNATURE_UNEXPECTED", f"entry {index}: {signature.role!r} is no role"
            ) from None
        if kid == self.registrar:
            return self.root, Signatory(kid=kid, role=role, party=kid, user=None, duty=None)
        brought = introduced_keys(envelope.body)
        if role is Role.PARTY and kid in brought:
            party = str(envelope.body["party"])
            return brought[kid], Signatory(kid=kid, role=role, party=party, user=None, duty=None)
        key = self.keys.get(kid)
        if key is None:
            raise NotVerified(
                "KEY_UNKNOWN", f"entry {index}: no certified entry before it enrols key {kid}"
            )
        if kid in self.revoked:
            raise NotVerified(
                "KEY_REVOKED", f"entry {index}: key {kid} was revoked by entry {self.revoked[kid]}"
            )
        if not key.valid_from <= time_ms < key.valid_to:
            raise NotVerified(
                "KEY_NOT_VALID",
                f"entry {index} of {time_ms} ms: key {kid} is enrolled for {key.valid_from} ≤ t < "
                f"{key.valid_to}",
            )
        is_registrars = key.party == self.registrar and role is Role.REGISTRAR
        is_itself = role is Role.PARTY and key.party in self.roles
        held = self.roles.get(key.party, frozenset())
        if not is_registrars and not is_itself and role not in held:
            raise NotVerified(
                "ROLE_NOT_HELD",
                f"entry {index}: no certified entry before it onboards party {key.party} as {role}",
            )
        return key.public_key, Signatory(
            kid=kid, role=role, party=key.party, user=key.user, duty=key.duty
        )
