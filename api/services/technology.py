"""Technology demands and research providers: files in and out, lists, and the problem to match.

A document is taken whole or not at all, in one transaction. Handing in the same again is
harmless; another content of a stored demand or provider needs its next version.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlmodel import Session

from api.services.errors import BadRequest
from api.services.workspace import Workspace
from data.exporters.technology_lines import lines_of
from data.importers.report import Imported, Reject
from data.importers.technology_csv import read_csv_folder
from data.importers.technology_lines import demands_of, providers_of, strange_text, unknown_codes
from data.importers.technology_workbook import read_technology_workbook
from data.stores import technology as store
from data.stores.technology import Put
from matching.technology.problem import Demand, DemandStatus, Problem, Provider
from matching.technology.problem_plain import Misread, from_plain

T = TypeVar("T")
NOTHING = Put()
FILE_BYTES_MAX = 256 * 1024 * 1024
SHOWN = 40  # characters of a text that is refused


@dataclass(frozen=True, slots=True, kw_only=True)
class TechnologyImport:
    """What a document brought, or why it was not taken."""

    name: str
    demands: Put = NOTHING
    providers: Put = NOTHING
    rejects: tuple[Reject, ...] = ()
    total_rejects: int = 0

    @property
    def accepted(self) -> bool:
        """Whether the document was taken."""
        return not self.rejects


Values = tuple[tuple[Demand, ...], tuple[Provider, ...]]


def import_path(workspace: Workspace, path: Path) -> TechnologyImport:
    """Import `*demands*.jsonl`, `*providers*.jsonl`, a form (.xlsx) or a folder of CSV files.

    A folder may hold CSV files of the form's sheets, or JSON lines, or both kinds.

    Raises
    ------
    BadRequest
        When the path cannot be read or its name says nothing of what it holds.
    Conflict
        When a demand or provider is stored in this or a later version with another content.
    """
    if path.is_dir():
        return _import_folder(workspace, path)
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise BadRequest(f"{path} is larger than {FILE_BYTES_MAX:,} bytes.", path=str(path))
        data = path.read_bytes()
    except OSError as failed:
        raise BadRequest(f"Cannot read {path}: {failed.strerror}.", path=str(path)) from None
    return import_bytes(workspace, path.name, data)


def import_bytes(workspace: Workspace, name: str, data: bytes) -> TechnologyImport:
    """Import a document from memory; its name says what it is. See `import_path`."""
    return _keep(workspace, name, [_read(name, data)])


def _import_folder(workspace: Workspace, folder: Path) -> TechnologyImport:
    lines = sorted(folder.glob("*.jsonl"))
    read = [_read(path.name, path.read_bytes()) for path in lines]
    if any(folder.glob("*.csv")) or not lines:
        read.append(read_csv_folder(folder))
    return _keep(workspace, folder.name, read)


def _read(name: str, data: bytes) -> Imported[Values]:
    """Read one document by the ending and the words of its name."""
    low = name.lower()
    if low.endswith(".xlsx"):
        return read_technology_workbook(data, name)
    if low.endswith(".jsonl") and "demand" in low:
        demands = demands_of(data, name)
        return _as_values(demands, lambda found: (found, ()))
    if low.endswith(".jsonl") and "provider" in low:
        providers = providers_of(data, name)
        return _as_values(providers, lambda found: ((), found))
    raise BadRequest(
        f"{name}: expected a name such as demands.jsonl, providers.jsonl or technology.xlsx.",
        name=name,
    )


def _as_values(imported: Imported[T], part: Callable[[T], Values]) -> Imported[Values]:
    return Imported(
        value=None if imported.value is None else part(imported.value),
        rejects=imported.rejects,
        total_rejects=imported.total_rejects,
    )


def _keep(workspace: Workspace, name: str, read: Sequence[Imported[Values]]) -> TechnologyImport:
    """Store what all documents hold together, or nothing when one of them has a reject."""
    rejects = tuple(reject for one in read for reject in one.rejects)
    if rejects:
        total = sum(one.total_rejects for one in read)
        return TechnologyImport(name=name, rejects=rejects, total_rejects=total)
    values = [one.required() for one in read]
    with workspace.transaction() as session:
        return TechnologyImport(
            name=name,
            demands=put_demands(workspace, session, [d for part, _ in values for d in part]),
            providers=put_providers(workspace, session, [p for _, part in values for p in part]),
        )


def put_demands(workspace: Workspace, session: Session, demands: Sequence[Demand]) -> Put:
    """Store demands in the caller's transaction; see `data.stores.technology.put_demands`."""
    return store.put_demands(session, workspace.operator_id, demands, now_ms=workspace.clock_ms())


def put_providers(workspace: Workspace, session: Session, providers: Sequence[Provider]) -> Put:
    """Store providers in the caller's transaction; see `put_demands`."""
    return store.put_providers(
        session, workspace.operator_id, providers, now_ms=workspace.clock_ms()
    )


def put_demand(workspace: Workspace, demand: Demand) -> Demand:
    """Store one demand. Raises Conflict; the same again is harmless."""
    with workspace.transaction() as session:
        put_demands(workspace, session, [demand])
    return demand


def put_provider(workspace: Workspace, provider: Provider) -> Provider:
    """Store one provider. Raises Conflict; the same again is harmless."""
    with workspace.transaction() as session:
        put_providers(workspace, session, [provider])
    return provider


def put_demand_json(workspace: Workspace, demand_id: str, plain: Any) -> Demand:
    """Store a demand that came as plain JSON under its id.

    Raises
    ------
    BadRequest
        When it cannot be read, or its id is not the one that it was sent to.
    Conflict
        When another content is stored in this or a later version.
    """
    demand = value_of(Demand, plain)
    _require_id(demand.demand_id, demand_id)
    return put_demand(workspace, demand)


def put_provider_json(workspace: Workspace, provider_id: str, plain: Any) -> Provider:
    """Store a provider that came as plain JSON under its id; see `put_demand_json`."""
    provider = value_of(Provider, plain)
    _require_id(provider.provider_id, provider_id)
    return put_provider(workspace, provider)


def _require_id(own: str, key: str) -> None:
    if own != key:
        raise BadRequest(
            f"the id in the path is {key!r}, in the body {own!r}: send it to the path of its own "
            "id, or correct the body",
            key=key,
        )


def value_of(kind: type[T], plain: Any) -> T:
    """Return the value of a class that plain JSON describes. Raises BadRequest."""
    bad = strange_text(plain)
    if bad is not None:
        field, got = bad
        raise BadRequest(
            f"{field or 'the value'}: expected printable text, got {got[:SHOWN]!a}; take control "
            "and invisible characters out (line breaks and tabs may stay)",
            field=field,
        )
    try:
        value = from_plain(kind, plain)
    except Misread as fault:
        raise BadRequest(f"{fault}; {_fields_of(kind)}", field=fault.field) from None
    wrong = unknown_codes(value) if isinstance(value, Demand | Provider) else []
    for field, expected, got in wrong:
        raise BadRequest(
            f"{field}: expected {expected}, got {got!r}; the form that `parkloom technology "
            "template` writes has the lists",
            field=field,
        )
    return value


def _fields_of(kind: type[object]) -> str:
    """Return where the fields of a class are described."""
    if kind in {Demand, Provider}:
        return f"/openapi.json has the fields of Technology{kind.__name__}"
    return "`parkloom technology call steps --json` has the fields of each payload"


def get_demand(workspace: Workspace, demand_id: str, *, viewer_id: str | None = None) -> Demand:
    """Return a demand as an organisation may see it; None: the operator. Raises NotFound."""
    with workspace.snapshot() as session:
        return store.demand(session, workspace.viewer_of(viewer_id), demand_id)


def get_provider(
    workspace: Workspace, provider_id: str, *, viewer_id: str | None = None
) -> Provider:
    """Return a provider as an organisation may see it; None: the operator. Raises NotFound."""
    with workspace.snapshot() as session:
        return store.provider(session, workspace.viewer_of(viewer_id), provider_id)


def list_demands(
    workspace: Workspace,
    *,
    viewer_id: str | None = None,
    status: DemandStatus | None = None,
    after: str | None = None,
    limit: int = 100,
) -> tuple[Demand, ...]:
    """Return one page of the demands that an organisation may see, by id."""
    with workspace.snapshot() as session:
        return store.demands(
            session, workspace.viewer_of(viewer_id), status=status, after=after, limit=limit
        )


def list_providers(
    workspace: Workspace,
    *,
    viewer_id: str | None = None,
    after: str | None = None,
    limit: int = 100,
) -> tuple[Provider, ...]:
    """Return one page of the providers that an organisation may see, by id."""
    with workspace.snapshot() as session:
        return store.providers(session, workspace.viewer_of(viewer_id), after=after, limit=limit)


def problem(workspace: Workspace, *, today: date | None = None) -> Problem:
    """Return what is to be matched on a day: open demands and the providers that agreed to it."""
    day = today or datetime.fromtimestamp(workspace.clock_ms() / 1000, tz=UTC).date()
    with workspace.snapshot() as session:
        return store.load_problem(session, workspace.viewer, today=day)


def export_lines(workspace: Workspace) -> dict[str, bytes]:
    """Return all current demands and providers as two files of JSON lines, by file name."""
    demands: list[Demand] = []
    while page := list_demands(workspace, after=demands[-1].demand_id if demands else None):
        demands.extend(page)
    providers: list[Provider] = []
    while more := list_providers(workspace, after=providers[-1].provider_id if providers else None):
        providers.extend(more)
    return {"demands.jsonl": lines_of(demands), "providers.jsonl": lines_of(providers)}
