from __future__ import annotations

import shutil

import pytest

from data.importers.codes import RejectCode
from data.importers.directory import read_directory
from data.kinds import OrganisationKind
from data.samples import SAMPLE_DIRECTORY


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(SAMPLE_DIRECTORY, tmp_path / "directory")


def test_the_sample_directory_is_read():
    directory = read_directory(SAMPLE_DIRECTORY).required()

    kinds = [organisation.kind for organisation in directory.organisations]
    assert kinds.count(OrganisationKind.ENTERPRISE) == 60
    assert (len(directory.parks), len(directory.labs)) == (3, 8)
    assert (len(directory.demands), len(directory.lenders)) == (10, 4)
    assert directory.parks[0].timezone == "Asia/Shanghai"
    assert directory.lenders[0].alpha_accepted_bps == 8000


def test_the_lists_beside_parks_and_organisations_may_be_missing(folder):
    for name in ("labs.csv", "demands.csv", "lenders.csv"):
        (folder / name).unlink()

    assert read_directory(folder).required().labs == ()
    (folder / "organisations.csv").unlink()
    assert RejectCode.FILE_MISSING in {r.code for r in read_directory(folder).rejects}


@pytest.mark.parametrize(
    ("name", "old", "new", "code", "field"),
    [
        ("parks.csv", "Asia/Shanghai", "Asia/Nowhere", RejectCode.UNKNOWN_VALUE, "timezone"),
        ("parks.csv", "31.3856", "131.3856", RejectCode.NOT_AN_ANGLE, "lat"),
        ("parks.csv", "PARK-XS", "PARK-KS", RejectCode.DUPLICATE_ID, "park_id"),
        ("organisations.csv", "enterprise", "shop", RejectCode.UNKNOWN_VALUE, "kind"),
        ("organisations.csv", "PARK-KS", "PARK-99", RejectCode.UNKNOWN_PARK, "park_id"),
        ("organisations.csv", ",9199", ",9198", RejectCode.IDENTIFIER_CHECK_DIGIT, "uscc"),
        ("labs.csv", "LAB-01", "LAB-99", RejectCode.UNKNOWN_ENTERPRISE, "organisation_id"),
        ("labs.csv", "LAB-01", "BANK-01", RejectCode.UNKNOWN_ENTERPRISE, "organisation_id"),
        ("demands.csv", ",18000000,", ",180000.00,", RejectCode.FLOAT_AMOUNT, "budget_fen"),
        ("lenders.csv", ",3000,", ",30000,", RejectCode.OUT_OF_RANGE, "alpha_confirmed_bps"),
    ],
)
def test_each_mistake_has_its_code(folder, name, old, new, code, field):
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    found = [(r.code, r.file, r.field) for r in read_directory(folder).rejects]

    assert (code, name, field) in found
