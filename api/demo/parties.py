"""The parties of the demo: key files outside the server's data, and a hand that signs with them.

In earnest each party keeps its keys to itself and the server sees signed bodies only. The demo
plays all of them from one folder, `<folder>/<party's handle>/<duty>.key`.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.services import keyfiles, organisations, records
from api.services.workspace import OPERATOR, REGISTRAR, Workspace
from ledger.claims import drafts
from ledger.claims.drafts import Draft
from ledger.log import note
from ledger.log.signing import key_id
from ledger.values.consent import Duty, Need

ROOT = "root"
REGISTRAR_NAME = "registrar.parkloom.local"


class Parties:
    """Key files by party and duty.

    Parameters
    ----------
    folder
        Outside the installation's home.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._keys: dict[Path, Ed25519PrivateKey] = {}

    def make_registrar(self) -> str:
        """Make the registrar's root, maker and checker keys; return the root's vkey."""
        root = Ed25519PrivateKey.generate()
        handle = key_id(keyfiles.public_bytes(root))
        self._store(handle, ROOT, root)
        for duty in (Duty.MAKER, Duty.CHECKER):
            self._store(handle, duty.value, Ed25519PrivateKey.generate())
        return note.format_vkey(REGISTRAR_NAME, keyfiles.public_bytes(root))

    def make(self, handle: str) -> None:
        """Make a party's maker and checker keys, unless they are there."""
        for duty in (Duty.MAKER, Duty.CHECKER):
            if not self._path(handle, duty.value).exists():
                self._store(handle, duty.value, Ed25519PrivateKey.generate())

    def public_key(self, handle: str, duty: Duty) -> str:
        """Return a public key as base64."""
        return base64.b64encode(keyfiles.public_bytes(self._key(handle, duty.value))).decode()

    def sign(self, draft: Draft) -> Draft:
        """Return the draft with every signature that it needs, each by its party's own key."""
        for need in draft.needs:
            draft = self.sign_for(draft, need)
        return draft

    def sign_for(self, draft: Draft, need: Need) -> Draft:
        """Return the draft with the signature that one need asks for."""
        duty = ROOT if need.duty is None else need.duty.value
        key = self._key(need.party, duty)
        return drafts.add_signature(draft, key, key_id(keyfiles.public_bytes(key)), need.role)

    def _path(self, handle: str, duty: str) -> Path:
        return self.folder / handle / f"{duty}.key"

    def _store(self, handle: str, duty: str, key: Ed25519PrivateKey) -> None:
        path = self._path(handle, duty)
        keyfiles.save(path, key)
        self._keys[path] = key

    def _key(self, handle: str, duty: str) -> Ed25519PrivateKey:
        path = self._path(handle, duty)
        if path not in self._keys:
            self._keys[path] = keyfiles.load(path)
        return self._keys[path]


def enrol_registrar(workspace: Workspace, parties: Parties) -> None:
    """Enrol the registrar's maker and checker, signed by the root key alone."""
    handle = workspace.keys.registrar_handle
    enrolments = [
        records.make_draft(
            workspace,
            "key.enrolled",
            {
                "organisation": REGISTRAR,
                "user": f"registrar's {duty}",
                "duty": duty.value,
                "public_key": parties.public_key(handle, duty),
            },
        )
        for duty in (Duty.MAKER, Duty.CHECKER)
    ]
    records.submit_all(workspace, [parties.sign(draft) for draft in enrolments])


def enrol_operator(workspace: Workspace, parties: Parties, *, uscc: str) -> None:
    """Onboard the operator and enrol the key with which it signs what it decides by rule."""
    organisations.add_identifier(workspace, OPERATOR, scheme="uscc", value=uscc)
    _enter(workspace, parties, [("party.onboarded", {"organisation": OPERATOR})])
    public = base64.b64encode(keyfiles.public_bytes(workspace.keys.event)).decode()
    facts = {"organisation": OPERATOR, "user": "system", "duty": "maker", "public_key": public}
    _enter(workspace, parties, [("key.enrolled", facts)])


def onboard(
    workspace: Workspace,
    parties: Parties,
    organisation_ids: Iterable[str],
    *,
    country: str = "CN",
) -> None:
    """Let the registrar onboard organisations and enrol a maker and a checker of each."""
    ids = list(organisation_ids)
    facts = [{"organisation": one, "country": country} for one in ids]
    _enter(workspace, parties, [("party.onboarded", one) for one in facts])
    enrolments = []
    for one in ids:
        handle = organisations.get(workspace, one).party
        assert handle is not None, "just onboarded"
        parties.make(handle)
        enrolments += [
            (
                "key.enrolled",
                {
                    "organisation": one,
                    "user": f"{one} {duty}",
                    "duty": duty.value,
                    "public_key": parties.public_key(handle, duty),
                },
            )
            for duty in (Duty.MAKER, Duty.CHECKER)
        ]
    _enter(workspace, parties, enrolments)


def _enter(
    workspace: Workspace, parties: Parties, wanted: Sequence[tuple[str, dict[str, str]]]
) -> None:
    signed = [parties.sign(records.make_draft(workspace, event, facts)) for event, facts in wanted]
    records.submit_all(workspace, signed)
