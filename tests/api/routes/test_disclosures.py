"""The route of a view: the recipient's file, erased ones, unknown ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.verification import view as views
from tests.support.trades import Traded, trading
from tests.support.web import NoRuns, client_of, still_app


@pytest.fixture
def traded(tmp_path: Path) -> Iterator[Traded]:
    """Return an installation with a confirmed order."""
    with trading(tmp_path) as found:
        yield found


def test_a_view_is_fetched_and_is_gone_after_an_erasure(traded: Traded) -> None:
    """200 with the file, 404 for another handle, 410 once it is erased."""
    handle = traded.disclose("number")
    with client_of(still_app(traded.workspace, NoRuns())) as client:
        answer = client.get(f"/v1/ledger/disclosures/{handle}")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        shown = traded.shown(answer.content)
        assert [name for _, name, _ in shown.fields] == ["number"]
        assert views.from_json(answer.content).disclosure == handle
        assert client.get(f"/v1/ledger/disclosures/{'0' * 32}").status_code == 404
        traded.erase()
        gone = client.get(f"/v1/ledger/disclosures/{handle}")
        assert (gone.status_code, gone.json()["code"]) == (410, "ERASED")
