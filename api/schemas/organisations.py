"""Organisations and parks on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from api.schemas.base import Id, Name, Page, Wire
from api.services.organisations import IdentifierView, OrganisationView, ParkView

OrganisationKind = Literal[
    "enterprise",
    "service_centre",
    "research_provider",
    "lender",
    "auditor",
    "registrar",
    "operator",
]


class Identifier(Wire):
    """What a document calls an organisation."""

    scheme: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.:-]{1,40}$")] = Field(
        description="uscc, lei, gln, vat, …", examples=["uscc"]
    )
    value: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,100}$")] = Field(
        examples=["91330106MA2CFLDG4R"]
    )


class OrganisationBody(Wire):
    """An organisation to create."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "kind": "enterprise",
                    "name": "Xihu Precision Works",
                    "name_zh": "西湖精工",
                    "identifiers": [{"scheme": "gln", "value": "6901234000016"}],
                }
            ]
        },
    )

    kind: OrganisationKind
    name: Name
    name_zh: Name | None = None
    park_id: Id | None = None
    identifiers: list[Identifier] = Field(default_factory=list, max_length=20)

    def identifier_views(self) -> tuple[IdentifierView, ...]:
        """Return the identifiers as the services take them."""
        return tuple(IdentifierView(scheme=i.scheme, value=i.value) for i in self.identifiers)


class Organisation(Wire):
    """An organisation; `party` is its handle in the record once it is onboarded."""

    id: str
    kind: str
    name: str
    name_zh: str | None
    park_id: str | None
    status: str
    identifiers: list[Identifier]
    party: str | None

    @classmethod
    def of(cls, view: OrganisationView) -> Organisation:
        """Return the wire form."""
        return cls.model_construct(
            id=view.id,
            kind=view.kind,
            name=view.name,
            name_zh=view.name_zh,
            park_id=view.park_id,
            status=view.status,
            identifiers=[
                Identifier.model_construct(scheme=i.scheme, value=i.value) for i in view.identifiers
            ],
            party=view.party,
        )


class OrganisationPage(Page):
    """Organisations by id."""

    items: list[Organisation]


class Park(Wire):
    """A park with its position in degrees (WGS 84)."""

    id: str
    name: str
    lat: float
    lon: float
    timezone: str = Field(examples=["Asia/Shanghai"])

    @classmethod
    def of(cls, view: ParkView) -> Park:
        """Return the wire form."""
        return cls.model_construct(
            id=view.id, name=view.name, lat=view.lat, lon=view.lon, timezone=view.timezone
        )


class ParkList(Wire):
    """All parks, by id."""

    items: list[Park]
