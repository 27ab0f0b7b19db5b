"""Loose fingerprints: what survives an altered number, amount or item, and what does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ledger.claims.fingerprints import LINES_MAX, Alike, fingerprints, is_strict
from ledger.values.disclosures import Disclosure, disclose, open_disclosure

KEY = b"the operator's secret for tags!!"
ORIGIN = "park.example/ledger"
BODY = {
    "buyer": "b0" * 16,
    "seller": "5e" * 16,
    "issued": "2026-03-04",
    "currency": "CNY",
    "net": "100000000",
}
LINE = {"n": "1", "item": "Gear wheel", "unit": "H87", "qty_milli": "5000", "amount": "100000000"}


def disclosed(number: str = "PO-2026-0041", *lines: dict[str, Any]) -> list[Disclosure]:
    values = {"number": number} | {
        f"line/{place}": line for place, line in enumerate(lines or (LINE,), 1)
    }
    return [open_disclosure(disclose(name, value, bytes(16))) for name, value in values.items()]


def prints(
    body: dict[str, str] | None = None, shown: list[Disclosure] | None = None, **options: Any
) -> dict[str, Alike]:
    facts = {"key": KEY, "origin": ORIGIN, **options}
    return fingerprints(
        facts["key"],
        facts["origin"],
        body or BODY,
        shown or disclosed(),  # type: ignore[arg-type]
    )


def shared(body: dict[str, str], shown: list[Disclosure]) -> set[str]:
    """Return in which ways an altered order is like the first one."""
    first, second = prints(), prints({**BODY, **body}, shown)
    return {first[one].value for one in first.keys() & second.keys()}


OTHER_LINE = {**LINE, "item": "Shaft", "qty_milli": "7000"}


@pytest.mark.parametrize(
    ("body", "shown", "alike"),
    [
        ({}, disclosed("po 2026/41"), {"SAME_DATE_AND_AMOUNT", "SAME_NUMBER_ENDING", "SAME_ITEMS"}),
        ({}, disclosed("X-77", OTHER_LINE), {"SAME_DATE_AND_AMOUNT"}),
        ({"issued": "2026-09-01", "net": "101900000"}, disclosed("NEW-2041", OTHER_LINE), set()),
        (
            {"issued": "2026-09-01", "net": "101900000"},
            disclosed("A-PO20260041", OTHER_LINE),
            {"SAME_NUMBER_ENDING"},
        ),
        (
            {"issued": "2026-09-01", "net": "98100000"},
            disclosed("PO-2026-0041", OTHER_LINE),
            {"SAME_NUMBER_ENDING"},
        ),
        ({"issued": "2026-03-30", "net": "1"}, disclosed("X", LINE), {"SAME_ITEMS"}),
        (
            {"issued": "2026-03-30", "net": "1"},
            disclosed("X", OTHER_LINE, {**LINE, "item": "ＧＥＡＲ  wheel"}),
            {"SAME_ITEMS"},
        ),
        ({"issued": "2026-04-01", "net": "1"}, disclosed("X", LINE), set()),
        ({"issued": "2026-09-01", "net": "106000000"}, disclosed("Z0041", OTHER_LINE), set()),
        ({"seller": "aa" * 16}, disclosed(), set()),
        ({"buyer": "aa" * 16}, disclosed(), set()),
        ({"currency": "EUR"}, disclosed("X", OTHER_LINE), set()),
    ],
)
def test_what_two_orders_share(body, shown, alike) -> None:
    assert shared(body, shown) == alike


def test_the_example_of_the_page_is_computed() -> None:
    page = (Path(__file__).parents[3] / "docs" / "spec" / "claims.md").read_text("utf-8")
    shown = page.partition("<!-- example: alike -->\n```text\n")[2].partition("```")[0]
    sides = {
        "buyer": "b10b10b10b10b10b10b10b10b10b10b1",
        "seller": "5e11e25e11e25e11e25e11e25e11e25e",
    }
    found = prints({**BODY, **sides}, disclosed("PO-0041"), key=bytes(16))
    assert shown == "".join(f"{alike.value} {one}\n" for one, alike in found.items())


@pytest.mark.parametrize("net", [1, 49, 50, 99_999, 100_000_000, 10**13])
def test_every_amount_within_two_percent_is_alike(net: int) -> None:
    """Wherever the amount lies in the grids."""
    for near in {net, -(-net * 100 // 102), net * 102 // 100, net * 101 // 100}:
        far = {"issued": "2027-01-01"}
        first = prints({**BODY, **far, "net": str(net)}, disclosed("PO-41", OTHER_LINE))
        second = prints(
            {**BODY, "issued": "2028-01-01", "net": str(near)}, disclosed("PO-41", LINE)
        )
        assert {first[one] for one in first.keys() & second.keys()} == {Alike.NUMBER_ENDING}


def test_they_say_nothing_without_the_key() -> None:
    """Another key or another log gives other fingerprints of the same order."""
    assert not prints().keys() & prints(key=bytes(32)).keys()
    assert not prints().keys() & prints(origin="other.example/ledger").keys()
    assert all(len(one) == 64 for one in prints())


def test_of_a_long_order_the_largest_lines_count() -> None:
    """Also where lines lie in groups; lines without a quantity do not count."""
    lines = [{**LINE, "n": str(n), "item": f"part {n}", "amount": str(n)} for n in range(1, 300)]
    grouped = [open_disclosure(disclose("lines/1", lines, bytes(16))), disclosed()[0]]
    found = prints(shown=grouped)
    assert list(found.values()).count(Alike.ITEMS) == LINES_MAX
    largest = prints(shown=disclosed("X", lines[-1]))
    assert {found[one] for one in found.keys() & largest.keys()} >= {Alike.ITEMS}
    bare = {name: value for name, value in LINE.items() if name != "qty_milli"}
    assert Alike.ITEMS not in prints(shown=disclosed("X", bare)).values()


@pytest.mark.parametrize(
    ("alike", "strict"),
    [
        ({Alike.DATE_AND_AMOUNT}, True),
        ({Alike.ITEMS, Alike.NUMBER_ENDING}, True),
        ({Alike.ITEMS}, False),
        ({Alike.NUMBER_ENDING}, False),
    ],
)
def test_which_are_held(alike: set[Alike], strict: bool) -> None:
    assert is_strict(alike) is strict
