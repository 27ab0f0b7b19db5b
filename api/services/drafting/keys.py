"""Drafts of keys that replace keys, and of a log that follows another one."""

from __future__ import annotations

from api.services.drafting.facts import Facts
from api.services.drafting.frames import DAY_MS, frame, key_state, party_of
from api.services.drafting.registry import KEY_DAYS
from api.services.workspace import OPERATOR, Workspace
from ledger.claims import events
from ledger.claims.drafts import Draft

OVERLAP_DAYS = 30
"""How long checkpoints carry the lines of both keys, unless told otherwise."""


def key_rotated(workspace: Workspace, facts: Facts) -> Draft:
    """Draft the replacement of a user's key; old and new key both sign it."""
    now, kid = workspace.clock_ms(), facts.text("kid")
    return events.key_rotated(
        frame(workspace),
        registrar=workspace.keys.registrar_handle,
        party=key_state(workspace, kid).party,
        replaces=kid,
        public_key=facts.key("public_key"),
        valid_from_ms=now - now % 1000,
        valid_to_ms=now + facts.number("valid_days", KEY_DAYS) * DAY_MS,
    )


def log_key_rotated(workspace: Workspace, facts: Facts) -> Draft:
    """Draft the replacement of the log's key; old and new key both sign it."""
    overlap = facts.number("overlap_days", OVERLAP_DAYS) * DAY_MS
    return events.log_key_rotated(
        frame(workspace),
        registrar=workspace.keys.registrar_handle,
        operator=_operator(workspace),
        old_key=workspace.keys.log.verifier.public_key,
        new_key=facts.key("public_key"),
        overlap_until_ms=workspace.clock_ms() + overlap,
    )


def log_opened(workspace: Workspace, facts: Facts) -> Draft:
    """Draft the citation of the log that this one follows."""
    return events.log_opened(
        frame(workspace),
        registrar=workspace.keys.registrar_handle,
        operator=_operator(workspace),
        previous=facts.text("previous"),
        size=facts.number("size", 0),
        root=facts.text("root"),
        checkpoint_sha256=facts.text("checkpoint"),
        reason=facts.text("reason"),
    )


def _operator(workspace: Workspace) -> str:
    with workspace.snapshot() as session:
        return party_of(session, workspace.viewer, OPERATOR)
