"""An open call played over the services: every step drafted, signed and entered in a real log."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from api.demo.parties import Parties
from api.services import organisations, records, technology, technology_calls
from api.services.organisations import IdentifierView
from api.services.technology_calls import StepRequest
from api.services.workspace import Workspace, open_workspace
from data.samples.firms import fictional_uscc
from ledger.claims.drafts import Draft
from ledger.values.consent import Duty
from matching.technology.opencall import Call, Role, Step
from matching.technology.opencall import payloads as p
from matching.technology.problem import Provider, ProviderKind
from matching.technology.problem_plain import to_plain
from tests.support.calls import CENTRE, EXPERTS, OWNER, TEAMS, Play
from tests.support.installations import settings_of
from tests.support.stage import Stage, staged

KINDS = {
    OWNER: ("enterprise", ["buyer", "seller"]),
    CENTRE: ("service_centre", ["centre"]),
    **dict.fromkeys(TEAMS, ("research_provider", ["provider"])),
    **dict.fromkeys(EXPERTS, ("research_provider", ["expert"])),
}


def provider(team: str) -> Provider:
    """Return the profile of a team."""
    return Provider(
        provider_id=f"team-of-{team}",
        org_id=team,
        name=f"Battery group of {team}",
        kind=ProviderKind.UNIVERSITY,
        updated_on=date(2026, 11, 1),
        aliases=("电池课题组",) if team == TEAMS[0] else (),
        consent=True,
    )


def settle(stage: Stage) -> None:
    """Onboard everybody who has a side in the call, each with its own keys, and their profiles."""
    workspace, parties = stage.workspace, stage.parties
    for number, (key, (kind, _)) in enumerate(KINDS.items()):
        code = [IdentifierView(scheme="uscc", value=fictional_uscc(61_000 + number))]
        organisations.put(workspace, key, kind=kind, name=f"{key} House", identifiers=code)
    _enter(
        stage,
        [
            ("party.onboarded", {"organisation": key, "roles": roles})
            for key, (_, roles) in KINDS.items()
        ],
    )
    keys: list[tuple[str, dict[str, object]]] = []
    for key in KINDS:
        handle = organisations.get(workspace, key).party
        assert handle is not None
        parties.make(handle)
        keys += [
            (
                "key.enrolled",
                {
                    "organisation": key,
                    "user": f"{key} {duty}",
                    "duty": duty.value,
                    "public_key": parties.public_key(handle, duty),
                },
            )
            for duty in (Duty.MAKER, Duty.CHECKER)
        ]
    _enter(stage, keys)
    for team in TEAMS:
        technology.put_provider(workspace, provider(team))


def _enter(stage: Stage, wanted: list[tuple[str, dict[str, object]]]) -> None:
    signed = [
        stage.parties.sign(records.make_draft(stage.workspace, event, facts))
        for event, facts in wanted
    ]
    records.submit_all(stage.workspace, signed)


@contextmanager
def settled(folder: Path, database_url: str = "") -> Iterator[Stage]:
    """Yield an installation in which everybody is settled; on SQLite a copy of one made once."""
    if database_url:
        with staged(folder, database_url) as stage:
            settle(stage)
            yield stage
        return
    shutil.copytree(_template(), folder, dirs_exist_ok=True)
    settings = settings_of(folder)
    workspace = open_workspace(settings)
    try:
        yield Stage(settings=settings, workspace=workspace, parties=Parties(folder / "parties"))
    finally:
        workspace.close()


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="parkloom-calls-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with staged(folder) as stage:
        settle(stage)
    return folder


@dataclass
class ServedPlay(Play):
    """Plays a call over the services instead of on the bare machine."""

    stage: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.base_ms = self.stage.workspace.clock_ms()
        technology.put_demand(self.stage.workspace, self.of)
        self.call = technology_calls.open_(
            self.stage.workspace, self.of.demand_id, centre_id=CENTRE, call_id="c1" * 16
        )

    def at(self, ms: int) -> Workspace:
        """Return the installation as it is so many milliseconds after the play began."""
        now = self.base_ms + ms
        return replace(self.stage.workspace, clock_ms=lambda: now)

    def request(self, step: Step, role: Role, org: str, payload: Any, reason: str) -> StepRequest:
        """Return a step as a client asks for it; times count from the beginning of the play."""
        given = p.Nothing() if payload is None else payload
        if isinstance(given, p.Publication):
            given = replace(
                given,
                applications_until_ms=self.base_ms + given.applications_until_ms,
                reveal_until_ms=self.base_ms + given.reveal_until_ms,
            )
        return StepRequest(
            step=step.value,
            role=role.value,
            organisation_id=org,
            payload=to_plain(given),
            reason=reason,
        )

    def drafted(
        self,
        step: Step,
        role: Role,
        org: str,
        payload: Any = None,
        *,
        reason: str = "because",
        at_ms: int | None = None,
    ) -> tuple[Workspace, StepRequest, Draft]:
        """Return a signed step that is not entered yet."""
        at = max(0, self.call.changed_at_ms - self.base_ms) if at_ms is None else at_ms
        workspace = self.at(at)
        request = self.request(step, role, org, payload, reason)
        draft = technology_calls.draft_step(workspace, self.call.call_id, request)
        return workspace, request, self.stage.parties.sign(draft)

    def take(
        self,
        step: Step,
        role: Role,
        org: str,
        payload: Any = None,
        *,
        reason: str = "because",
        at_ms: int | None = None,
    ) -> Call:
        """Draft a step, sign it with its party's key, and enter it."""
        workspace, request, draft = self.drafted(
            step, role, org, payload, reason=reason, at_ms=at_ms
        )
        self.call, _ = technology_calls.submit_step(workspace, self.call.call_id, request, draft)
        return self.call
