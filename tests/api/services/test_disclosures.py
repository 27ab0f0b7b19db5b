"""Private fields: sealed outside the log, shown to one recipient, erased for good."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from api.demo import deal
from api.services import (
    certificates,
    disclosures,
    key_store,
    organisations,
    records,
    settlement,
)
from api.services.errors import BadRequest
from api.services.workspace import open_workspace
from data.errors import NotFound
from data.stores import order_keys
from data.stores.order_keys import KeyErased, KeyStoreLocked
from ledger.audit.files import verify_files
from ledger.claims import drafts
from ledger.claims.refusals import Erased, OrderLive, WrongParty
from ledger.errors import Corruption, NotVerified
from ledger.values.sealing import SEALED
from ledger.verification import view as views
from tests.support.stage import LENDER
from tests.support.trades import Traded, trading


@pytest.fixture
def traded(tmp_path: Path) -> Iterator[Traded]:
    """Return an installation on SQLite, with a confirmed order and a lender."""
    with trading(tmp_path) as found:
        yield found


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgresql", marks=[pytest.mark.postgresql, pytest.mark.long]),
    ]
)
def traded_on_both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Traded]:
    """Return the same on each kind of database."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    with trading(tmp_path, url) as found:
        yield found


def test_nothing_private_lies_open_in_the_database(traded_on_both: Traded) -> None:
    """Every kept disclosure is sealed; the order's number stands nowhere in log or vault."""
    traded = traded_on_both
    assert traded.texts()
    assert all(one.startswith(SEALED) for one in traded.texts())
    with traded.workspace.snapshot() as session:
        kept = session.connection().execute(text("SELECT secret FROM order_keys")).scalars()
        assert all(len(bytes(one)) == 69 for one in kept)
        waiting = "SELECT disclosures FROM ledger_append_request"
        assert set(session.connection().execute(text(waiting)).scalars()) <= {"[]"}


def test_a_recipient_sees_the_chosen_fields_with_proof(traded: Traded) -> None:
    """The lender reads the number and no line, from the entry that the buyer confirmed."""
    shown = traded.shown(disclosures.make_view(traded.workspace, traded.disclose("number")))
    assert [(name, value) for _, name, value in shown.fields] == [("number", "PO-2026-0117")]
    assert shown.about == traded.order
    assert shown.by[0] == "seller"


def test_a_name_stands_for_all_of_its_kind(traded: Traded) -> None:
    """`line` discloses every line of the order."""
    handle = traded.disclose("line", by="buyer")
    shown = traded.shown(disclosures.make_view(traded.workspace, handle))
    assert {name.partition("/")[0] for _, name, _ in shown.fields} == {"line"}


def test_to_whom_something_was_disclosed_stands_in_no_public_field(traded: Traded) -> None:
    """The entry holds digests alone, always as many as a power of two."""
    handle = traded.disclose("number")
    leaves = traded.workspace.log.leaves(0, traded.workspace.log.head().size)
    (entry,) = [leaf for leaf in leaves if handle.encode() in leaf]
    assert traded.recipient().encode() not in entry
    assert entry.count(b'"sd":[') == 1
    assert len(entry.partition(b'"sd":[')[2].partition(b"]")[0].split(b",")) == 4


def test_a_view_is_refused_by_anybody_else(traded: Traded) -> None:
    """A lender cannot show another's view as its own."""
    data = disclosures.make_view(traded.workspace, traded.disclose("number"))
    with pytest.raises(NotVerified) as caught:
        traded.shown(data, recipient="0" * 32)
    assert caught.value.code == "RECIPIENT_DIFFERS"


def forged(traded: Traded, **changes: object) -> str:
    """Return the code by which a changed view is refused."""
    data = disclosures.make_view(traded.workspace, traded.disclose("number"))
    view = replace(views.from_json(data), **changes)  # type: ignore[arg-type]  # a test's own
    with pytest.raises(NotVerified) as caught:
        traded.shown(views.to_json(view))
    return caught.value.code


def test_a_field_that_was_not_disclosed_is_refused(traded: Traded) -> None:
    """Whoever has the operator's texts cannot slip one more into a view."""
    data = disclosures.make_view(traded.workspace, traded.disclose("number"))
    with traded.workspace.log.reader() as reader:
        index = next(at for at, _ in reader.chain(traded.order))
        every = tuple(reader.disclosures(index).values())
    view = views.from_json(data)
    more = tuple(one for one in every if one not in view.disclosures)
    with pytest.raises(NotVerified) as caught:
        traded.shown(views.to_json(replace(view, disclosures=view.disclosures + more)))
    assert caught.value.code == "NOT_DISCLOSED"


def test_a_changed_text_is_refused(traded: Traded) -> None:
    """No entry commits to it."""
    fake = base64.urlsafe_b64encode(b'["AAAAAAAAAAAAAAAAAAAAAA","number","PO-1"]').decode()
    data = disclosures.make_view(traded.workspace, traded.disclose("number"))
    view = views.from_json(data)
    with pytest.raises(NotVerified) as caught:
        traded.shown(
            views.to_json(replace(view, disclosures=(*view.disclosures, fake.rstrip("="))))
        )
    assert caught.value.code == "DISCLOSURE_INVALID"


def test_a_view_without_its_own_entry_is_refused(traded: Traded) -> None:
    """Nobody signed that this was disclosed."""
    assert forged(traded, disclosure="0" * 32) == "MADE_MISSING"


def test_a_view_with_a_changed_proof_is_refused(traded: Traded) -> None:
    """A leaf that is not under the checkpoint proves nothing."""
    data = disclosures.make_view(traded.workspace, traded.disclose("number"))
    view = views.from_json(data)
    last = view.entries[-1]
    wrong = replace(last, proof=(b"\7" * 32, *last.proof[1:]))
    with pytest.raises(NotVerified) as caught:
        traded.shown(views.to_json(replace(view, entries=(*view.entries[:-1], wrong))))
    assert caught.value.code == "ROOT_DIFFERS"


def test_only_a_side_of_the_order_discloses_it(traded: Traded) -> None:
    """The rules refuse a party that the order does not name."""
    draft = records.make_draft(
        traded.workspace,
        "disclosure.made",
        {"about": traded.order, "to": LENDER, "fields": ["number"]},
    )
    body = {**draft.body, "party": traded.recipient()}
    foreign = traded.stage.parties.sign(replace(draft, body=body))
    with pytest.raises((WrongParty, Exception)) as caught:
        records.submit(traded.workspace, foreign)
    assert getattr(caught.value, "code", "") in {"WRONG_PARTY", "ROLE_NOT_HELD"}


def test_after_an_erasure_nothing_opens_and_every_proof_holds(traded_on_both: Traded) -> None:
    """The whole of acceptance 10 that concerns one order."""
    traded = traded_on_both
    handle = traded.disclose("number")
    before = disclosures.make_view(traded.workspace, handle)
    traded.erase()
    for attempt in (
        lambda: disclosures.make_view(traded.workspace, handle),
        lambda: disclosures.chosen(traded.workspace, traded.order, ["number"]),
        lambda: traded.disclose("number"),
    ):
        with pytest.raises(KeyErased, match=r"erased|destroyed"):
            attempt()
    assert traded.shown(before).fields  # what was shown before is its recipient's
    published = verify_files(traded.workspace.publisher.read, traded.workspace.keys.log.verifier)
    assert published.size == traded.workspace.log.head().size
    assert certificates.build(traded.workspace, traded.order)


def test_an_erased_order_takes_no_new_private_field(traded: Traded) -> None:
    """Neither with the operator's salts nor with a client's own."""
    draft = records.make_draft(
        traded.workspace,
        "disclosure.made",
        {"about": traded.order, "to": LENDER, "fields": ["number"]},
    )
    traded.erase()
    with pytest.raises(Erased):
        records.submit(traded.workspace, traded.stage.parties.sign(draft))


def test_a_second_erasure_is_refused(traded: Traded) -> None:
    """What is gone is gone."""
    traded.erase()
    with pytest.raises(Erased):
        traded.erase()


def test_an_order_with_live_claims_is_not_erased(traded: Traded) -> None:
    """Money stands on its private fields."""
    room = records.get_order(traded.workspace, traded.order).headroom[0].headroom_minor // 2
    claim = deal.request(traded.workspace, traded.stage.parties, traded.order, room)
    deal.reserve(
        traded.workspace,
        traded.stage.parties,
        claim,
        lender=LENDER,
        amount_minor=room,
        rate_bps=400,
    )
    with pytest.raises(OrderLive):
        traded.erase()


def test_a_party_can_be_erased(traded: Traded) -> None:
    """Its name and identifiers open no more; its keys and signatures stand."""
    party = str(organisations.get(traded.workspace, LENDER).party)
    assert disclosures.chosen(traded.workspace, party, ["name"])
    traded.erase(party)
    with pytest.raises(KeyErased):
        disclosures.chosen(traded.workspace, party, ["name"])


def test_an_erasure_without_an_entry_destroys_nothing(traded: Traded) -> None:
    """The record must say that it happened."""
    with pytest.raises(BadRequest, match="No entry erases"):
        disclosures.erase(traded.workspace, traded.order)
    assert disclosures.chosen(traded.workspace, traded.order, ["number"])


def test_an_erasure_that_a_crash_cut_short_is_finished(traded: Traded) -> None:
    """The entry stands, the key too; the next start destroys it."""
    traded.workspace.writer.submit(drafts.to_request(traded.erasure()))
    with traded.workspace.transaction() as session:
        there = order_keys.handles(session.connection(), traded.workspace.operator_id)
        assert traded.order in there
    assert settlement.reconcile(traded.workspace) == 1
    with pytest.raises(KeyErased):
        disclosures.chosen(traded.workspace, traded.order, ["number"])


def test_a_log_without_its_key_store_opens_nothing(traded: Traded) -> None:
    """A restored backup of the log alone: sealed texts, no keys, no erasure that says why."""
    handle = traded.disclose("number")
    traded.execute("DELETE FROM order_keys")
    with pytest.raises(Corruption) as caught:
        disclosures.make_view(traded.workspace, handle)
    assert caught.value.code == "DISCLOSURE_LOST"
    assert verify_files(traded.workspace.publisher.read, traded.workspace.keys.log.verifier)


def test_a_database_without_its_kek_opens_nothing(traded: Traded) -> None:
    """The whole database, but not the file beside it."""
    traded.disclose("number")
    (traded.workspace.settings.keys_folder / key_store.CURRENT).unlink()
    with pytest.raises(KeyStoreLocked, match="not at hand"):
        disclosures.chosen(traded.workspace, traded.order, ["number"])


def test_deleted_disclosures_are_noticed_on_access(traded: Traded) -> None:
    """Fields that were disclosed are gone, and no erasure says why."""
    handle = traded.disclose("number")
    traded.execute(
        "DELETE FROM ledger_disclosure WHERE leaf_index IN (SELECT leaf_index FROM "
        "ledger_leaf WHERE order_handle = :order)",
        order=traded.order,
    )
    with pytest.raises(Corruption) as caught:
        disclosures.make_view(traded.workspace, handle)
    assert caught.value.code == "DISCLOSURE_LOST"


def test_a_text_moved_to_another_entry_does_not_open(traded: Traded) -> None:
    """Order and leaf are bound into the seal."""
    traded.execute("UPDATE ledger_disclosure SET text = (SELECT max(text) FROM ledger_disclosure)")
    with pytest.raises(Corruption) as caught:
        disclosures.chosen(traded.workspace, traded.order, ["number"])
    assert caught.value.code == "DISCLOSURE_LOST"


def test_the_kek_is_rotated_in_two_steps(traded_on_both: Traded) -> None:
    """Everything opens between the steps and after; the former KEK then opens nothing."""
    traded = traded_on_both
    settings = traded.workspace.settings
    first = key_store.keyring(settings)
    assert key_store.rotate(traded.workspace) > 0
    between = key_store.keyring(settings)
    assert between.former == (first.current,)
    assert disclosures.chosen(traded.workspace, traded.order, ["number"])
    with pytest.raises(BadRequest, match="still kept"):
        key_store.rotate(traded.workspace)
    assert key_store.drop_former(traded.workspace) == 0
    assert key_store.keyring(settings).former == ()
    assert disclosures.chosen(traded.workspace, traded.order, ["number"])
    with traded.workspace.snapshot() as session, pytest.raises(KeyStoreLocked):
        order_keys.get(session.connection(), first, traded.workspace.operator_id, traded.order)
    with pytest.raises(BadRequest, match="no former KEK"):
        key_store.drop_former(traded.workspace)


def test_a_rotation_that_a_crash_cut_short_loses_no_key(traded: Traded) -> None:
    """The new KEK is in force, nothing is wrapped anew yet: both open, and dropping wraps."""
    settings = traded.workspace.settings
    folder = settings.keys_folder
    (folder / key_store.FORMER).write_bytes((folder / key_store.CURRENT).read_bytes())
    (folder / key_store.CURRENT).write_bytes(b"\7" * 32)
    assert disclosures.chosen(traded.workspace, traded.order, ["number"])
    assert key_store.drop_former(traded.workspace) > 0
    assert disclosures.chosen(traded.workspace, traded.order, ["number"])


def test_the_kek_may_come_from_the_environment(traded: Traded) -> None:
    """Then no file is read; another KEK opens nothing, the right one does."""
    settings = traded.workspace.settings
    current = (settings.keys_folder / key_store.CURRENT).read_bytes()
    right = settings.model_copy(update={"kek": base64.b64encode(current).decode()})
    wrong = settings.model_copy(update={"kek": base64.b64encode(b"\7" * 32).decode()})
    for used, opens in ((right, True), (wrong, False)):
        workspace = open_workspace(used)
        try:
            if opens:
                assert disclosures.chosen(workspace, traded.order, ["number"])
            else:
                with pytest.raises(KeyStoreLocked):
                    disclosures.chosen(workspace, traded.order, ["number"])
        finally:
            workspace.close()
    with pytest.raises(BadRequest, match="32 bytes in base64"):
        key_store.keyring(settings.model_copy(update={"kek": "short"}))


def test_a_field_that_never_was_is_not_found(traded: Traded) -> None:
    """Asking for it is no alarm."""
    with pytest.raises(NotFound):
        disclosures.chosen(traded.workspace, traded.order, ["colour"])
