"""Organisations and directories."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from api.demo.parties import onboard
from api.services import organisations
from api.services.directory import import_directory
from api.services.errors import BadRequest
from api.services.organisations import IdentifierView
from data.errors import Conflict, NotFound
from data.samples import SAMPLE_DIRECTORY
from data.samples.firms import fictional_uscc
from ledger.errors import Refusal

CODE = IdentifierView(scheme="uscc", value=fictional_uscc(7))


def test_put_is_harmless_to_repeat_and_conflicts_with_another(stage):
    put = organisations.put(
        stage.workspace, "ACME", kind="enterprise", name="Acme", identifiers=[CODE]
    )
    assert put.status == "named"
    assert put.party is None
    assert organisations.get(stage.workspace, "ACME") == put
    again = organisations.put(
        stage.workspace, "ACME", kind="enterprise", name="Acme", identifiers=[CODE]
    )
    assert again == put
    with pytest.raises(Conflict):
        organisations.put(stage.workspace, "ACME", kind="lender", name="Acme")
    with pytest.raises(Conflict):
        organisations.put(
            stage.workspace, "OTHER", kind="enterprise", name="Other", identifiers=[CODE]
        )
    with pytest.raises(NotFound):
        organisations.get(stage.workspace, "OTHER")


def test_wrong_kinds_and_parks_are_refused(stage):
    with pytest.raises(BadRequest, match="expected one of"):
        organisations.put(stage.workspace, "ACME", kind="wizard", name="Acme")
    with pytest.raises(NotFound):
        organisations.put(
            stage.workspace, "ACME", kind="enterprise", name="Acme", park_id="NOWHERE"
        )


def test_onboarding_gives_a_party_its_name_in_the_record(stage):
    stage.firm("ACME", 7)
    onboarded = organisations.get(stage.workspace, "ACME")
    assert onboarded.status == "onboarded"
    assert onboarded.party is not None
    assert stage.workspace.log.state(f"party/{onboarded.party}") is not None


def test_nobody_is_onboarded_without_an_identifier_that_holds(stage):
    organisations.put(stage.workspace, "ACME", kind="enterprise", name="Acme")
    with pytest.raises(BadRequest, match="no identifier that holds"):
        onboard(stage.workspace, stage.parties, ["ACME"])
    wrong = fictional_uscc(7)[:-1] + "0"
    organisations.add_identifier(stage.workspace, "ACME", scheme="uscc", value=wrong)
    with pytest.raises(BadRequest, match="check character"):
        onboard(stage.workspace, stage.parties, ["ACME"])


def test_a_chinese_party_needs_its_social_credit_code(stage):
    identifier = IdentifierView(scheme="vat", value="CN123")
    organisations.put(
        stage.workspace, "ACME", kind="enterprise", name="Acme", identifiers=[identifier]
    )
    with pytest.raises(Refusal) as refused:
        onboard(stage.workspace, stage.parties, ["ACME"])
    assert refused.value.code == "USCC_REQUIRED"
    onboard(stage.workspace, stage.parties, ["ACME"], country="DE")
    assert organisations.get(stage.workspace, "ACME").status == "onboarded"


def test_a_directory_comes_in_whole_and_twice(stage):
    first = import_directory(stage.workspace, SAMPLE_DIRECTORY).required()
    assert import_directory(stage.workspace, SAMPLE_DIRECTORY).required() == first
    assert len(organisations.list_parks(stage.workspace)) == len(first.parks) == 3
    kinds = [one.kind for one in organisations.list_organisations(stage.workspace)]
    assert kinds.count("lender") == len(first.lenders) == 4


def test_a_directory_with_a_wrong_row_brings_nothing(stage, tmp_path: Path):
    folder = shutil.copytree(SAMPLE_DIRECTORY, tmp_path / "directory")
    text = (folder / "organisations.csv").read_text("utf-8-sig")
    text = text.replace("enterprise", "wizard", 1).replace("PARK-KS", "PARK-XX", 2)
    (folder / "organisations.csv").write_text(text, "utf-8")
    rejects = import_directory(stage.workspace, folder).rejects
    assert {reject.code.value for reject in rejects} == {"UNKNOWN_VALUE", "UNKNOWN_PARK"}
    assert organisations.list_parks(stage.workspace) == ()
    missing = import_directory(stage.workspace, tmp_path)
    assert {reject.code.value for reject in missing.rejects} == {"FILE_MISSING"}
