"""Parties at the other end of HTTP: they hold their keys, get drafts, sign them, send them back."""

from __future__ import annotations

import base64
from typing import Any

from ledger.claims import drafts
from ledger.log.signing import key_id
from tests.support.enrolments import ROOT_KEY, ROOT_PUBLIC, key_of

REGISTRAR = "registrar"
JSON = {"Content-Type": "application/json"}


class Parties:
    """The people of a few organisations, speaking to a server.

    Parameters
    ----------
    client
        An HTTP client of the server.
    """

    def __init__(self, client: Any) -> None:
        self.client = client
        self.handles: dict[str, str] = {key_id(ROOT_PUBLIC): REGISTRAR}

    def draft(self, event: str, **facts: Any) -> bytes:
        """Get a draft."""
        answer = self.client.post("/v1/ledger/drafts", json={"event": event, "facts": facts})
        assert answer.status_code == 200, answer.text
        content: bytes = answer.content
        return content

    def signed(self, draft_file: bytes) -> bytes:
        """Sign a draft for everybody whom it needs."""
        draft = drafts.from_json(draft_file)
        for need in draft.needs:
            if need.duty is None:
                key = ROOT_KEY
            else:
                key = key_of(f"{self.handles[need.party]}/{need.duty.value}")
            draft = drafts.add_signature(draft, key, role=need.role)
        return drafts.to_json(draft)

    def send(self, draft_file: bytes) -> Any:
        """Send a draft, whatever comes of it."""
        return self.client.post("/v1/ledger/entries", content=draft_file, headers=JSON)

    def enter(self, draft_file: bytes) -> dict[str, Any]:
        """Sign a draft and send it; return the receipt."""
        answer = self.send(self.signed(draft_file))
        assert answer.status_code == 201, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt

    def enrol(self, organisation: str) -> None:
        """Enrol maker and checker of an organisation."""
        for duty in ("maker", "checker"):
            public = key_of(f"{organisation}/{duty}").public_key().public_bytes_raw()
            self.enter(
                self.draft(
                    "key.enrolled",
                    organisation=organisation,
                    user=f"{duty} of {organisation}",
                    duty=duty,
                    public_key=base64.b64encode(public).decode("ascii"),
                )
            )

    def onboard(self, organisation: str, **facts: Any) -> str:
        """Onboard an organisation and enrol its people; return its handle."""
        receipt_of = self.draft("party.onboarded", organisation=organisation, **facts)
        handle = str(drafts.from_json(receipt_of).body["subject"])
        self.enter(receipt_of)
        self.handles[handle] = organisation
        self.enrol(organisation)
        return handle
