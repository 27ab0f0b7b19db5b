"""The files of the sample park: what the generator makes, whole, readable and invented."""

from __future__ import annotations

from collections import Counter

import pytest

from data.importers.bundle import read_bundle
from data.importers.directory import read_directory
from data.importers.ubl import OrderDocument, assess_parties, read_order
from data.importers.workbook import read_workbook
from data.reference import lists
from data.samples import (
    SAMPLE_BUNDLE,
    SAMPLE_CENTRE_BUNDLE,
    SAMPLE_DIRECTORY,
    SAMPLE_PARK,
    SAMPLE_UBL,
    SAMPLE_WEEK0,
    SAMPLE_WORKBOOKS,
)
from data.samples.draw import Draw
from data.samples.firms import fictional_uscc
from data.samples.generate import SETTINGS, generate
from ledger.values.identifiers import check_gln, check_uscc


@pytest.fixture(scope="module")
def made():
    return generate()


@pytest.fixture(scope="module")
def whole():
    return read_bundle(SAMPLE_BUNDLE).required()


def test_the_files_that_ship_are_what_the_generator_makes(made):
    shipped = {
        path.relative_to(SAMPLE_PARK).as_posix(): path.read_bytes()
        for path in SAMPLE_PARK.rglob("*")
        if path.is_file()
    }

    assert sorted(shipped) == sorted(made)
    assert [name for name in made if shipped[name] != made[name]] == []


def test_the_sample_park_is_small_enough_to_ship(made):
    assert sum(map(len, made.values())) < 1_500_000


def test_another_seed_makes_another_park(made):
    other = generate(seed=1)

    assert other["bundle/parks.csv"] == made["bundle/parks.csv"]
    assert other["bundle/orders.csv"] != made["bundle/orders.csv"]


def test_the_park_has_the_size_that_its_readme_tells(whole):
    assert (len(whole.parks), len(whole.offers), len(whole.orders)) == (3, 120, 200)
    assert whole.settings == SETTINGS


def test_every_code_is_in_the_reference_lists(whole):
    processes = {offer.process for offer in whole.offers}
    processes |= {made.process for order in whole.orders for made in order.operations}
    materials = {m for offer in whole.offers for m in offer.materials}
    materials |= {order.material for order in whole.orders}
    certificates = {c for offer in whole.offers for c in offer.certificates}

    assert processes <= set(lists.processes())
    assert materials <= set(lists.materials())
    assert certificates <= set(lists.certificates())


def test_the_centre_and_the_workbooks_make_the_whole(whole):
    """Nothing is said twice, nothing is missing, no value differs."""
    centre = read_bundle(SAMPLE_CENTRE_BUNDLE).required()
    offers, orders = list(centre.offers), list(centre.orders)
    forms = sorted(SAMPLE_WORKBOOKS.glob("*.xlsx"))
    for path in forms:
        form = read_workbook(path, week0=SAMPLE_WEEK0, weeks=12).required()
        assert form.offers
        offers += form.offers
        orders += form.orders

    assert len(forms) == 4
    assert (len(offers), len(orders)) == (len(whole.offers), len(whole.orders))
    assert sorted(offers, key=lambda o: o.offer_id) == sorted(
        whole.offers, key=lambda o: o.offer_id
    )
    assert sorted(orders, key=lambda o: o.order_id) == sorted(
        whole.orders, key=lambda o: o.order_id
    )


def test_every_firm_is_in_the_directory_with_a_code_of_no_real_region(whole):
    directory = read_directory(SAMPLE_DIRECTORY).required()
    firms = {one.organisation_id: one for one in directory.organisations}

    named = {offer.enterprise_id for offer in whole.offers}
    named |= {order.buyer_id for order in whole.orders}
    assert named <= set(firms)
    assert all(firm.uscc.startswith("91990000") for firm in firms.values())
    assert len({firm.uscc for firm in firms.values()}) == len(firms)
    assert len({firm.name_zh for firm in firms.values()}) == len(firms)


def test_codes_of_the_firms_have_right_check_characters():
    for number in range(1, 2_000, 7):
        check_uscc(fictional_uscc(number))
    assert len({fictional_uscc(number) for number in range(500)}) == 500


def test_no_buyer_is_offered_its_own_hours(whole):
    makers = {offer.enterprise_id for offer in whole.offers}
    own = [o for o in whole.orders if o.buyer_id in makers]

    assert own
    assert all(order.buyer_id in order.excluded_enterprises for order in own)


def refusals(whole) -> Counter[str]:
    """Count the orders that no offer can make at all, by the first filter that leaves nobody."""
    counts: Counter[str] = Counter()
    for order in whole.orders:
        filters = {
            "size": lambda f, o=order: f.size_class >= o.size_class,
            "material": lambda f, o=order: o.material in f.materials,
            "certificate": lambda f, o=order: o.certificates <= f.certificates,
            "exclusion": lambda f, o=order: f.enterprise_id not in o.excluded_enterprises,
            "lot": lambda f, o=order: o.quantity >= f.min_lot,
        }
        for made in order.operations:
            left = [f for f in whole.offers if f.process == made.process]
            why = "" if left else "process"
            left = [f for f in left if f.tolerance_it <= made.tolerance_it]
            why = why or ("" if left else "tolerance")
            for name, fits in filters.items():
                left = [f for f in left if fits(f)]
                why = why or ("" if left else name)
            if why:
                counts[why] += 1
                break
        else:
            counts["can be made"] += 1
    return counts


def test_most_orders_can_be_made_and_the_others_for_tellable_reasons(whole):
    counts = refusals(whole)

    assert counts["can be made"] >= 140
    assert {"process", "certificate", "tolerance"} <= set(counts)
    idle = sum(sum(offer.idle_minutes) for offer in whole.offers)
    work = sum(made.minutes_total for order in whole.orders for made in order.operations)
    assert 0.5 < work / idle < 1.5


def order(name: str) -> OrderDocument:
    return read_order((SAMPLE_UBL / name).read_bytes(), name).required()


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("order-good.xml", []),
        ("order-good-eur.xml", []),
        ("order-repeat.xml", []),
        ("order-unidentified.xml", ["PARTY_UNIDENTIFIED"]),
        ("order-self-trade.xml", ["SELF_TRADE"]),
    ],
)
def test_the_documents_are_what_their_names_say(name, codes):
    document = order(name)

    assert [issue.code for issue in assess_parties(document)] == codes
    assert document.findings == ()
    for party in (document.buyer, document.seller):
        for identifier in party.identifiers:
            if identifier.scheme == "gln":
                check_gln(identifier.value)


def test_the_repeat_is_another_file_of_the_same_order():
    good, repeat = order("order-good.xml"), order("order-repeat.xml")

    assert good.sha256 != repeat.sha256
    assert (good.id, good.lines, good.payable_minor) == (
        repeat.id,
        repeat.lines,
        repeat.payable_minor,
    )
    assert (good.buyer, good.seller) == (repeat.buyer, repeat.seller)


def test_draws_depend_on_the_seed_alone():
    draws = [Draw(5) for _ in range(2)]

    first, second = (
        [
            d.whole(1, 6),
            d.one("abc"),
            d.some([1, 2, 3], 2),
            d.weighted({"a": 1, "b": 3}),
            d.chance(0.5),
        ]
        for d in draws
    )
    assert first == second
