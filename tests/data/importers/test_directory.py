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
    assert kinds.count(OrganisationKind.RESEARCH_PROVIDER) == 8
    assert (len(directory.parks), len(directory.lenders)) == (3, 4)
    assert directory.parks[0].timezone == "Asia/Shanghai"
    assert directory.lenders[0].alpha_accepted_bps == 8000


def test_lenders_may_be_missing_and_organisations_may_not(folder):
    (folder / "lenders.csv").unlink()

    assert read_directory(folder).required().lenders == ()
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
        ("lenders.csv", "BANK-01", "BANK-99", RejectCode.UNKNOWN_ENTERPRISE, "organisation_id"),
        ("lenders.csv", "BANK-01", "LAB-01", RejectCode.UNKNOWN_ENTERPRISE, "organisation_id"),
        ("lenders.csv", ",5000000,", ",50000.00,", RejectCode.FLOAT_AMOUNT, "least_fen"),
        ("lenders.csv", ",3000,", ",30000,", RejectCode.OUT_OF_RANGE, "alpha_confirmed_bps"),
    ],
)
def test_each_mistake_has_its_code(folder, name, old, new, code, field):
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    found = [(r.code, r.file, r.field) for r in read_directory(folder).rejects]

    assert (code, name, field) in found


def test_one_name_is_enough_and_none_is_refused(folder):
    """A firm without an English name is still a firm."""
    path = folder / "organisations.csv"
    text = path.read_text(encoding="utf-8")
    english = '"Kunshan Zhanhang Precision Machinery Co., Ltd."'
    path.write_text(text.replace(english, "", 1), encoding="utf-8")
    assert read_directory(folder).required().organisations[0].name_en == ""

    without = text.replace(f"昆山湛桁精密机械有限公司,{english}", ",", 1)
    path.write_text(without, encoding="utf-8")
    (reject,) = read_directory(folder).rejects
    assert (reject.code, reject.file, reject.place) == (
        RejectCode.VALUE_MISSING,
        "organisations.csv",
        "line 2",
    )
