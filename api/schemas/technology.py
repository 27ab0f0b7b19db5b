"""Technology on the wire: the same JSON as in files, described by the classes themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import ConfigDict, Field, RootModel

from api.schemas.base import Id, Page, Wire
from api.schemas.ledger import Receipt
from api.schemas.problem import RowProblem
from api.services.technology import TechnologyImport
from api.services.technology_calls import StepRequest
from data.stores.technology import Put
from data.stores.technology_calls import StoredTransition
from data.stores.technology_results import StoredAssignment
from matching.technology.opencall import Call
from matching.technology.opencall.payloads import TriageReport
from matching.technology.problem import Demand, Match, Provider
from matching.technology.problem_schema import schema_of

DEMAND_EXAMPLE = {
    "demand_id": "TN-1",
    "owner_org": "ENT-KS05",
    "title": "降低固态电池正极界面阻抗",
    "problem": "界面阻抗随循环上升，需要可量产的包覆方案。",
    "lang": "zh",
    "indicators": [{"name": "界面阻抗", "op": "<=", "value": "20", "unit": "Ω·cm²"}],
    "budget": {"min_minor": 50000000, "max_minor": 120000000, "currency": "CNY"},
    "status": "open",
}
PROVIDER_EXAMPLE = {
    "provider_id": "TEAM-1",
    "org_id": "UNI-01",
    "name": "储能材料课题组",
    "kind": "university",
    "updated_on": "2026-11-01",
    "documents": [
        {"document_id": "D-1", "kind": "paper", "title": "固态电解质界面改性", "lang": "zh"}
    ],
    "consent": True,
}


def _described(kind: type, *examples: Any) -> Callable[[dict[str, Any]], None]:
    """Return what replaces a model's schema by that of a class of the core."""

    def replace(schema: dict[str, Any]) -> None:
        title = schema.get("title", kind.__name__)
        schema.clear()
        schema.update({"title": title, **schema_of(kind)})
        if examples:
            schema["examples"] = list(examples)

    return replace


class TechnologyDemand(RootModel[dict[str, Any]]):
    """A technology demand; fields that have their default are left out."""

    model_config = ConfigDict(json_schema_extra=_described(Demand, DEMAND_EXAMPLE))


class TechnologyProvider(RootModel[dict[str, Any]]):
    """A research provider with its documents."""

    model_config = ConfigDict(json_schema_extra=_described(Provider, PROVIDER_EXAMPLE))


class TechnologyMatch(RootModel[dict[str, Any]]):
    """One line of a ranking: parts in billionths that sum to the score, evidence, gaps."""

    model_config = ConfigDict(json_schema_extra=_described(Match))


class OpenCall(RootModel[dict[str, Any]]):
    """An open call as the caller may see it."""

    model_config = ConfigDict(json_schema_extra=_described(Call))


class Triage(RootModel[dict[str, Any]]):
    """What triage found: goes into the payload of the step `publish`."""

    model_config = ConfigDict(json_schema_extra=_described(TriageReport))


class DemandPage(Page):
    """Demands by id."""

    items: list[TechnologyDemand]


class ProviderPage(Page):
    """Providers by id."""

    items: list[TechnologyProvider]


class Ranking(Wire):
    """The ranking of a demand, the best first."""

    items: list[TechnologyMatch]


class CallPage(Page):
    """Open calls by id."""

    items: list[OpenCall]


class Counts(Wire):
    """How many were new, changed, or stored already."""

    added: int
    changed: int
    unchanged: int

    @classmethod
    def of(cls, put: Put) -> Counts:
        """Return the wire form."""
        return cls(added=put.added, changed=put.changed, unchanged=put.unchanged)


class TechnologyImported(Wire):
    """What a document brought."""

    name: str = Field(examples=["technology.xlsx"])
    demands: Counts
    providers: Counts
    rejects: list[RowProblem] = Field(default_factory=list)

    @classmethod
    def of(cls, done: TechnologyImport) -> TechnologyImported:
        """Return the wire form."""
        return cls(
            name=done.name, demands=Counts.of(done.demands), providers=Counts.of(done.providers)
        )


class Judged(Wire):
    """What somebody says of a match: 1 none, 2 weak, 3 fair, 4 strong."""

    judgement: str = Field(pattern=r"^[1-4]$", examples=["4"])
    actor_role: str = Field(pattern=r"^[a-z_]{1,40}$", examples=["broker"])
    reason: str = Field(default="", pattern=r"^[^\x00-\x1f\x7f]{0,2000}$")


class Assignment(Wire):
    """A kept assignment; `body` says who answers which demand, with bound and reasons."""

    id: str
    problem_digest: str
    body: dict[str, Any]
    created_ms: int

    @classmethod
    def of(cls, made: StoredAssignment) -> Assignment:
        """Return the wire form."""
        return cls(
            id=made.id,
            problem_digest=made.problem_digest,
            body=dict(made.body),
            created_ms=made.created_ms,
        )


class AssignmentPage(Page):
    """Assignments by id."""

    items: list[Assignment]


class CallOpening(Wire):
    """Which demand is called, and which service centre keeps the call."""

    demand_id: Id = Field(examples=["TN-1"])
    centre_id: Id = Field(examples=["centre"])


class CallStep(Wire):
    """A step of a call: who takes it, in what role, why, and its payload."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {"step": "submit", "role": "enterprise", "organisation_id": "ENT-KS05"},
                {
                    "step": "apply",
                    "role": "provider",
                    "organisation_id": "UNI-01",
                    "payload": {"application_id": "A-1", "seal": "ab" * 32},
                },
            ]
        },
    )

    step: str = Field(pattern=r"^[a-z_]{1,40}$")
    role: str = Field(pattern=r"^[a-z_]{1,40}$")
    organisation_id: Id
    payload: dict[str, Any] = Field(default_factory=dict)
    reason: str = Field(default="", pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]{0,2000}$")

    def request(self) -> StepRequest:
        """Return the step as the service takes it."""
        return StepRequest(
            step=self.step,
            role=self.role,
            organisation_id=self.organisation_id,
            payload=self.payload,
            reason=self.reason,
        )


class SignedStep(Wire):
    """A step and its draft, signed by the party that takes it."""

    step: CallStep
    draft: dict[str, Any] = Field(description="The draft with its signature")


class CallEntered(Wire):
    """The call after a step, and where the step stands in the log."""

    call: OpenCall
    receipt: Receipt


class CallTransition(Wire):
    """One step that was taken; what others said is left out, its hash is not."""

    sequence: int
    step: str
    from_state: str
    to_state: str
    role: str
    organisation_id: str
    at_ms: int
    reason: str
    document_sha256: str
    document: dict[str, Any]
    salt: str = Field(description="Of the document, which its hash covers; empty with it")
    request_id: str

    @classmethod
    def of(cls, entry: StoredTransition) -> CallTransition:
        """Return the wire form."""
        one = entry.transition
        return cls(
            sequence=one.sequence,
            step=one.step.value,
            from_state=one.from_state.value,
            to_state=one.to_state.value,
            role=one.role.value,
            organisation_id=one.org,
            at_ms=one.at_ms,
            reason=one.reason,
            document_sha256=one.document_sha256,
            document=dict(entry.document),
            salt=entry.salt,
            request_id=entry.request_id,
        )


class CallHistory(Wire):
    """The steps of a call in their order."""

    items: list[CallTransition]
