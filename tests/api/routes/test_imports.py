"""/v1/imports: all of a document, or nothing and the reasons."""

from __future__ import annotations

import io
import zipfile

import pytest

from api.routes.imports import UPLOAD_BYTES_MAX
from data.samples import SAMPLE_UBL
from tests.support.installations import installation, sample_bundle_zip
from tests.support.problems import assert_problem
from tests.support.web import client_of, still_app


@pytest.fixture
def client(tmp_path):
    workspace = installation(tmp_path)
    yield client_of(still_app(workspace))
    workspace.close()


def upload(client, name, data, **query):
    return client.post("/v1/imports", params={"name": name, **query}, content=data)


def without_a_column(data):
    """Return the bundle with one column of its orders gone."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "orders.csv":
                content = content.replace(b"quantity", b"quality", 1)
            new.writestr(name, content)
    return packed.getvalue()


def test_a_bundle_is_taken_and_its_report_kept(client):
    answer = upload(client, "park.zip", sample_bundle_zip(), week0="2026-11-30")
    assert answer.status_code == 201, answer.text
    report = answer.json()
    assert report["status"] == "imported"
    assert (report["counts"]["offers"], report["counts"]["orders"]) == (120, 200)
    assert client.get(answer.headers["location"]).json() == report
    assert client.get("/v1/imports").json()["items"] == [report]
    assert len(client.get("/v1/orders", params={"limit": 500}).json()["items"]) == 200


def test_a_repeated_upload_gets_the_first_report(client):
    first = upload(client, "park.zip", sample_bundle_zip()).json()
    again = upload(client, "again.zip", sample_bundle_zip())
    assert again.status_code == 200
    assert again.json() == {**first, "repeated": True}
    assert len(client.get("/v1/imports").json()["items"]) == 1


def test_a_bundle_with_a_mistake_changes_nothing_and_names_it(client):
    problem = assert_problem(
        upload(client, "park.zip", without_a_column(sample_bundle_zip())), 422, "DOCUMENT_REFUSED"
    )
    assert problem["rows"]
    row = problem["rows"][0]
    assert row["file"] == "orders.csv"
    assert row["code"]
    assert row["way_out"]
    assert client.get("/v1/orders").json()["items"] == []


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("park.zip", b"PK\x03\x04 cut off"),
        ("park.zip", b""),
        ("order.xml", b"<Order>"),
        ("order.xml", b"no xml at all"),
        (
            "order.xml",
            b'<!DOCTYPE o [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><Order>&b;</Order>',
        ),
    ],
)
def test_what_is_no_such_document_is_refused(client, name, data):
    problem = assert_problem(upload(client, name, data), 422, "DOCUMENT_REFUSED")
    assert problem["rows"]


def test_a_workbook_that_is_none(client):
    upload(client, "park.zip", sample_bundle_zip())
    assert_problem(upload(client, "form.xlsx", b"not a workbook"), 422, "DOCUMENT_REFUSED")


def test_a_ubl_order_becomes_a_purchase_order(client):
    path = next(iter(sorted(SAMPLE_UBL.glob("*.xml"))))
    answer = upload(client, path.name, path.read_bytes())
    assert answer.status_code == 201, answer.text
    purchase_order = answer.json()["purchase_order_id"]
    found = client.get(f"/v1/purchase-orders/{purchase_order}")
    assert found.status_code == 200
    assert found.json()["source"] == "ubl"


@pytest.mark.parametrize("name", ["park.csv", "park", "park.zip.exe", "PARK.ZIPX"])
def test_another_kind_of_document_is_refused(client, name):
    assert_problem(upload(client, name, b"x"), 415, "UNSUPPORTED_DOCUMENT")


@pytest.mark.parametrize("name", ["", "../park.zip", "a/b.zip", "park\x00.zip", "x" * 201 + ".zip"])
def test_a_name_that_is_none_is_refused(client, name):
    assert_problem(upload(client, name, b"x"), 422, "INVALID_REQUEST")


def test_a_document_without_a_name_is_refused(client):
    assert_problem(client.post("/v1/imports", content=b"x"), 422, "INVALID_REQUEST")


def test_a_document_that_is_too_long_is_refused(client):
    headers = {"Content-Length": str(UPLOAD_BYTES_MAX + 1)}
    answer = client.post("/v1/imports?name=park.zip", content=b"x", headers=headers)
    assert_problem(answer, 413, "BODY_TOO_LARGE")


def test_an_unknown_import(client):
    assert_problem(client.get("/v1/imports/nothing"), 404, "NOT_FOUND")
