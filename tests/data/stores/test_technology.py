"""Demands, providers, matches, feedback, assignments and calls on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from data.errors import Conflict, NotFound
from data.stores import technology as store
from data.stores import technology_calls as calls
from data.stores import technology_results as results
from data.stores.technology import Put
from data.stores.technology_calls import Staged, StoredTransition
from data.stores.technology_results import StoredAssignment
from data.stores.viewer import Viewer
from matching.technology.opencall import CallState, Step
from matching.technology.problem import DemandStatus, Feedback, Judgement, SecrecyLevel
from tests.matching.technology.test_problem import a_match
from tests.support.calls import CENTRE, TEAMS, Play
from tests.support.calls import demand as called_demand
from tests.support.stored import DESK, FOREIGN_DESK, NOW_MS, OPERATOR
from tests.support.technology import full_demand, full_provider

OWNER = Viewer.party(OPERATOR, "ENT-1")
TEAM = Viewer.party(OPERATOR, "UNI-1")
STRANGER = Viewer.party(OPERATOR, "ENT-7")
TODAY = date(2026, 11, 22)


@pytest.fixture
def stocked(operators_only):
    """Return a session with one demand and one provider."""
    put(operators_only, full_demand())
    store.put_providers(operators_only, OPERATOR, [full_provider()], now_ms=NOW_MS)
    return operators_only


def put(session, *demands):
    return store.put_demands(session, OPERATOR, demands, now_ms=NOW_MS)


def test_values_come_back_as_they_were_stored(stocked):
    """Every field, on both databases, by id and in lists."""
    assert store.demand(stocked, DESK, "D-1") == full_demand()
    assert store.provider(stocked, DESK, "P-1") == full_provider()
    assert store.demands(stocked, DESK) == (full_demand(),)
    assert store.providers(stocked, DESK, after="P-1") == ()


def test_the_same_again_is_harmless_and_a_change_needs_the_next_version(stocked):
    """Old versions stay readable, because matches name them."""
    newer = full_demand(version=4, title="another")

    assert put(stocked, full_demand()) == Put(unchanged=1)
    with pytest.raises(Conflict, match="give version 4"):
        put(stocked, full_demand(title="another"))
    assert put(stocked, newer, full_demand(demand_id="D-2")) == Put(added=1, changed=1)
    assert store.demand(stocked, DESK, "D-1") == newer
    assert store.demand(stocked, DESK, "D-1", version=3) == full_demand()
    with pytest.raises(NotFound):
        store.demand(stocked, DESK, "D-1", version=2)
    stocked.commit()


def test_each_viewer_sees_its_business_and_nobody_elses(stocked):
    """Owners see all of theirs; others see open ones, restricted ones without description."""
    put(
        stocked,
        full_demand(demand_id="D-2", status=DemandStatus.DRAFT),
        full_demand(demand_id="D-3", secrecy_level=SecrecyLevel.CONFIDENTIAL),
        full_demand(demand_id="D-4", secrecy_level=SecrecyLevel.PUBLIC),
    )
    seen = store.demands(stocked, STRANGER)

    assert [one.demand_id for one in store.demands(stocked, OWNER)] == ["D-1", "D-2", "D-3", "D-4"]
    assert [one.demand_id for one in seen] == ["D-1", "D-4"]
    assert (seen[0].background, seen[0].title) == ("", full_demand().title)
    assert seen[1].background == full_demand().background
    assert all(one.excluded_orgs == one.persons_hash == one.history == () for one in seen)
    assert store.demands(stocked, FOREIGN_DESK) == ()
    assert store.provider(stocked, TEAM, "P-1") == full_provider()
    for viewer in (STRANGER, FOREIGN_DESK):
        with pytest.raises(NotFound):
            store.provider(stocked, viewer, "P-1")


def test_the_problem_holds_open_demands_and_teams_that_agreed(stocked):
    """Without consent nothing matches a team; drafts are not matched."""
    put(stocked, full_demand(demand_id="D-2", status=DemandStatus.DRAFT))
    silent = full_provider(provider_id="P-2", consent=False)
    store.put_providers(stocked, OPERATOR, [silent], now_ms=NOW_MS)
    problem = store.load_problem(stocked, DESK, today=TODAY)

    assert [one.demand_id for one in problem.demands] == ["D-1"]
    assert [one.provider_id for one in problem.providers] == ["P-1"]
    assert len(store.all_demands(stocked, DESK)) == 2
    with pytest.raises(NotFound):
        store.load_problem(stocked, OWNER, today=TODAY)


def matched(session):
    """Store a ranking of one line."""
    one = a_match(demand_id="D-1", demand_version=3, provider_id="P-1", provider_version=2)
    results.add_matches(session, OPERATOR, [one])
    return one


def test_matches_are_seen_by_both_their_sides(stocked):
    """The owner of the demand and the team, and the operator."""
    one = matched(stocked)

    for viewer in (DESK, OWNER, TEAM):
        assert results.match(stocked, viewer, "M") == one
        assert results.matches(stocked, viewer, "D-1") == (one,)
    assert results.matches(stocked, STRANGER, "D-1") == ()
    with pytest.raises(NotFound):
        results.match(stocked, STRANGER, "M")


def test_a_match_names_versions_that_are_stored(stocked):
    """The database itself refuses a match of something that is not there."""
    with pytest.raises(Conflict):
        results.add_matches(stocked, OPERATOR, [a_match()])


def test_feedback_is_kept_once_and_read_by_the_operator(stocked):
    """The same id with something else is a conflict."""
    matched(stocked)
    said = Feedback(
        feedback_id="F",
        match_id="M",
        actor_role="broker",
        judgement=Judgement.STRONG,
        reason="phoned them",
        given_at_ms=NOW_MS,
    )
    results.add_feedback(stocked, OPERATOR, said)
    results.add_feedback(stocked, OPERATOR, replace(said, given_at_ms=NOW_MS + 1))

    assert results.feedback(stocked, DESK) == (said,)
    with pytest.raises(Conflict):
        results.add_feedback(stocked, OPERATOR, replace(said, judgement=Judgement.WEAK))
    with pytest.raises(NotFound):
        results.feedback(stocked, OWNER)


def test_assignments_are_the_operators(stocked):
    """The same id gives the first one; another content is a conflict."""
    made = StoredAssignment(id="A", problem_digest="a" * 64, body={"x": 1}, created_ms=1)
    results.add_assignment(stocked, OPERATOR, made)
    results.add_assignment(stocked, OPERATOR, made)

    assert results.assignments(stocked, DESK) == (made,)
    assert results.assignments(stocked, OWNER) == ()
    with pytest.raises(Conflict):
        results.add_assignment(stocked, OPERATOR, replace(made, body={"x": 2}))
    with pytest.raises(NotFound):
        results.assignment(stocked, OWNER, "A")


@pytest.fixture
def play(operators_only):
    """Return a play of a call whose draft is stored."""
    put(operators_only, called_demand(status=DemandStatus.OPEN))
    play = Play(of=called_demand(status=DemandStatus.OPEN))
    calls.add(operators_only, OPERATOR, play.call, now_ms=NOW_MS)
    return play


def advance(session, play, number=0):
    entry = StoredTransition(
        transition=play.transitions[number], document={"said": number}, request_id=f"r{number}"
    )
    calls.advance(session, OPERATOR, play.call, entry)


def test_a_call_moves_by_one_step_at_a_time(operators_only, play):
    """Two who start from the same step cannot both succeed."""
    session = operators_only
    calls.add(session, OPERATOR, play.call, now_ms=NOW_MS)  # again is harmless
    play.owner(Step.SUBMIT)
    advance(session, play)

    assert calls.get(session, DESK, "C-1") == play.call
    with pytest.raises(Conflict, match="Load it anew"):
        advance(session, play)
    (entry,) = calls.transitions(session, DESK, "C-1")
    assert (entry.transition, entry.document) == (play.transitions[0], {"said": 0})
    with pytest.raises(Conflict):
        calls.add(session, OPERATOR, Play(of=play.of).call, now_ms=NOW_MS)
    with pytest.raises(NotFound):
        calls.get(session, FOREIGN_DESK, "C-1")


def test_a_staged_document_waits_for_its_entry(operators_only, play):
    """Kept under its hash until the step is taken; the first of two stays."""
    first = Staged(document_sha256="a" * 64, request_id="r", action={"x": 1}, at_ms=1)
    calls.stage(operators_only, OPERATOR, "C-1", first)
    calls.stage(operators_only, OPERATOR, "C-1", replace(first, at_ms=2))

    assert calls.staged(operators_only, OPERATOR, "C-1", "a" * 64) == first
    calls.unstage(operators_only, OPERATOR, "C-1")
    assert calls.staged(operators_only, OPERATOR, "C-1", "a" * 64) is None


def test_steps_of_others_are_shown_without_what_they_said(operators_only, play):
    """Who and why is the business of the one who took the step, the hash is everybody's."""
    for number, state in enumerate((CallState.TRIAGE, CallState.PUBLISHED)):
        play.to(state)
        advance(operators_only, play, number)
    shown = calls.transitions(operators_only, Viewer.party(OPERATOR, CENTRE), "C-1")

    assert [one.transition.org for one in shown] == ["", CENTRE]
    assert [one.document for one in shown] == [{}, {"said": 1}]
    assert all(len(one.transition.document_sha256) == 64 for one in shown)
    team = Viewer.party(OPERATOR, TEAMS[0])
    assert [one.call_id for one in calls.listing(operators_only, team)] == ["C-1"]


def test_a_page_of_calls_is_full_while_there_are_more(operators_only, play):
    """Drafts and closed circles in between are passed over; a short page is the last."""
    session, team = operators_only, Viewer.party(OPERATOR, TEAMS[0])
    published = play.to(CallState.PUBLISHED).call
    shown = ["C-3", "C-4", "C-8"]
    for key in shown:
        calls.add(session, OPERATOR, replace(published, call_id=key), now_ms=NOW_MS)
    for key in ("C-2", "C-5", "C-6"):
        other = replace(published, call_id=key, invited=("UNI-9",))
        calls.add(session, OPERATOR, other, now_ms=NOW_MS)
    calls.add(session, OPERATOR, replace(Play(of=play.of).call, call_id="C-7"), now_ms=NOW_MS)

    def page(after, limit):
        return [one.call_id for one in calls.listing(session, team, after=after, limit=limit)]

    assert page(None, 2) == shown[:2]
    assert page("C-4", 2) == shown[2:]
    assert page("C-8", 2) == []
    assert page(None, 100) == shown
    assert len(calls.listing(session, DESK)) == 8


def test_a_call_that_was_withdrawn_before_its_publication_stays_private(operators_only, play):
    """Its owner and, once it was handed in, its centre see it; nobody else ever does."""
    play.to(CallState.TRIAGE)
    play.owner(Step.WITHDRAW)
    for number in range(2):
        play_call = replace(play.call, sequence=number + 1)
        entry = StoredTransition(
            transition=play.transitions[number], document={}, request_id=f"r{number}"
        )
        calls.advance(operators_only, OPERATOR, play_call, entry)

    for party in (play.call.owner_org, CENTRE):
        assert calls.get(operators_only, Viewer.party(OPERATOR, party), "C-1") == play.call
    stranger = Viewer.party(OPERATOR, TEAMS[0])
    assert calls.listing(operators_only, stranger) == ()
    with pytest.raises(NotFound):
        calls.get(operators_only, stranger, "C-1")
