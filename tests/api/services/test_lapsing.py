"""Reservations whose 72 hours are over: the operator ends them, and the headroom is free again."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from api.commands.ledger import app
from api.demo import deal
from api.demo.parties import onboard
from api.services import imports, purchase_orders, records, screening
from api.services.workspace import open_workspace
from data.samples import SAMPLE_UBL
from ledger.claims.effects.financing import RESERVATION_MS
from ledger.log.sequencer import clock_ms
from tests.support.stage import LENDER, staged

HOUR_MS = 3_600_000


@pytest.fixture
def stage(database_url, tmp_path):
    """Return an installation with a confirmed order and a lender."""
    with staged(tmp_path, database_url) as made:
        yield made


@pytest.fixture
def order(stage):
    report = imports.import_path(stage.workspace, SAMPLE_UBL / "order-good.xml")
    found = purchase_orders.get(stage.workspace, str(report.purchase_order_id))
    onboard(stage.workspace, stage.parties, [str(found.buyer_id), str(found.seller_id)])
    stage.lender()
    return deal.register(stage.workspace, stage.parties, found.id)


@pytest.fixture
def reserve(stage, order):
    """Return a function that reserves an amount and gives the claim's handle."""

    def reserved(amount_minor: int) -> str:
        claim = deal.request(stage.workspace, stage.parties, order, amount_minor)
        deal.reserve(
            stage.workspace,
            stage.parties,
            claim,
            lender=LENDER,
            amount_minor=amount_minor,
            rate_bps=400,
        )
        return claim

    return reserved


def test_what_is_over_lapses_and_what_was_pledged_stays(stage, order, reserve, monkeypatch):
    """Three days on: the reservation ends, once, and its headroom comes back."""
    free = records.get_order(stage.workspace, order).headroom[0].headroom_minor
    over, pledged = reserve(100_000), reserve(200_000)
    deal.pledge(stage.workspace, stage.parties, pledged)
    (held,) = screening.reservations(stage.workspace)
    assert (held.claim, held.order) == (over, order)
    monkeypatch.setenv("PARKLOOM_HOME", str(stage.settings.home))
    monkeypatch.setenv("PARKLOOM_ORIGIN", stage.settings.origin)
    monkeypatch.setenv("PARKLOOM_DATABASE_URL", stage.settings.database_url)
    told = CliRunner().invoke(app, ["lapse", "--json"])
    assert json.loads(told.stdout)["ended"] == []
    assert [one["claim"] for one in json.loads(told.stdout)["held"]] == [over]
    assert over in CliRunner().invoke(app, ["lapse", "--list"]).stdout
    later = open_workspace(stage.settings, now_ms=lambda: clock_ms() + RESERVATION_MS + HOUR_MS)
    try:
        assert screening.lapse_due(later) == (held,)
        assert screening.lapse_due(later) == screening.reservations(later) == ()
    finally:
        later.close()
    record = records.get_order(stage.workspace, order)
    assert {one.id: one.state for one in record.claims} == {over: "lapsed", pledged: "pledged"}
    assert record.entries[-1].type == "claim.lapsed"
    assert record.headroom[0].headroom_minor == free - 200_000
    assert "No claim is reserved." in CliRunner().invoke(app, ["lapse", "--list"]).stdout
