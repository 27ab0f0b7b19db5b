"""Open calls over the services: each step signed by its party and entered in the log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256

import pytest

from api.services import organisations, records, technology, technology_calls
from api.services.errors import BadRequest
from api.services.technology_calls import CallStepRefused, StepRequest
from data.errors import NotFound
from data.stores import order_keys
from ledger.claims.calls import CallState as RecordedCall
from ledger.errors import Refusal
from ledger.values.consent import Duty, Need
from ledger.values.consent import Role as Side
from matching.technology.opencall import CallState, Role, Step
from matching.technology.opencall import payloads as p
from matching.technology.problem import DemandStatus
from tests.support.call_stage import ServedPlay, settled
from tests.support.calls import CENTRE, EXPERTS, OWNER, TEAMS, key_of, proposal, publication


@pytest.fixture
def play(tmp_path) -> Iterator[ServedPlay]:
    """Return a call in draft, over a settled installation on SQLite."""
    with settled(tmp_path) as stage:
        yield ServedPlay(stage=stage)


def recorded(play: ServedPlay) -> RecordedCall:
    value = play.stage.workspace.log.state(f"call/{play.call.call_id}")
    return RecordedCall.from_json(value)


def test_a_whole_call_stands_in_the_log_and_in_the_providers_record(play):
    """From draft to closed: every step's hash is entered, the rating is the provider's record."""
    play.to(CallState.CLOSED)
    workspace, call_id = play.stage.workspace, play.call.call_id
    steps = technology_calls.history(workspace, call_id)
    known = recorded(play)
    own = technology.get_provider(workspace, f"team-of-{TEAMS[0]}")

    assert [one.transition.sequence for one in steps] == list(range(1, len(steps) + 1))
    assert (known.status, known.sequence) == ("closed", len(steps))
    assert known.document == steps[-1].transition.document_sha256
    assert (own.version, own.track_record[0].score, own.track_record[0].accepted) == (2, 90, True)
    assert technology.get_provider(workspace, f"team-of-{TEAMS[1]}").version == 1
    demand = technology.get_demand(workspace, play.of.demand_id)
    assert demand.status is DemandStatus.CLOSED
    assert [one.reason.rpartition(" ")[2] for one in demand.history] == [
        "published",
        "awarded",
        "closed",
    ]


def test_each_party_sees_what_is_its_business(play):
    """Applicants do not see one another, experts read blind texts, strangers nothing sealed."""
    play.to(CallState.REVIEW)
    workspace, call_id = play.stage.workspace, play.call.call_id
    mine = technology_calls.get(workspace, call_id, viewer_id=TEAMS[0])
    expert = technology_calls.get(workspace, call_id, viewer_id=EXPERTS[0])
    owner = technology_calls.get(workspace, call_id, viewer_id=OWNER)

    assert [bool(one.proposal) for one in mine.applications] == [True, False]
    assert [one.org for one in expert.applications] == ["", ""]
    assert all(one.blind_text and one.proposal is None for one in expert.applications)
    assert [one.org for one in owner.applications] == ["", ""]
    assert mine.experts == ()
    steps = technology_calls.history(workspace, call_id, viewer_id=TEAMS[0])
    assert {one.transition.org for one in steps} == {"", TEAMS[0]}
    play.to(CallState.AWARDED)
    opened = technology_calls.get(workspace, call_id, viewer_id=OWNER)
    assert [one.org for one in opened.applications] == list(TEAMS)


def test_a_draft_is_seen_by_its_owner_alone(play):
    """What is not published is nobody else's business."""
    workspace, call_id = play.stage.workspace, play.call.call_id

    assert technology_calls.get(workspace, call_id, viewer_id=OWNER).state is CallState.DRAFT
    with pytest.raises(NotFound):
        technology_calls.get(workspace, call_id, viewer_id=TEAMS[0])
    assert technology_calls.list_calls(workspace, viewer_id=TEAMS[0]) == ()
    assert len(technology_calls.list_calls(workspace)) == 1


def test_submitting_the_same_step_again_is_harmless(play):
    """A client that lost the answer asks again and gets the same receipt."""
    workspace, request, draft = play.drafted(Step.SUBMIT, Role.ENTERPRISE, OWNER)
    first = technology_calls.submit_step(workspace, play.call.call_id, request, draft)
    again = technology_calls.submit_step(workspace, play.call.call_id, request, draft)

    assert first == again
    assert len(technology_calls.history(workspace, play.call.call_id)) == 1


def test_a_document_can_be_checked_with_its_salt_and_not_guessed_without(play):
    """The party that took a step recomputes the log's hash; nobody else is told the salt."""
    workspace, _, draft = play.drafted(Step.SUBMIT, Role.ENTERPRISE, OWNER)
    play.take(Step.SUBMIT, Role.ENTERPRISE, OWNER)
    call_id = play.call.call_id
    (own,) = technology_calls.history(workspace, call_id, viewer_id=OWNER)
    plain = f'parkloom/call-document/v1\n{call_id}\n1\nsubmit\n{own.salt}\n"because"\n{{}}\n'
    guess = f'parkloom/call-document/v1\n{call_id}\n1\nsubmit\n"because"\n{{}}\n'

    assert sha256(plain.removesuffix("\n").encode()).hexdigest() == recorded(play).document
    assert sha256(guess.removesuffix("\n").encode()).hexdigest() != recorded(play).document
    assert own.salt not in draft.summary, "no two requests share a salt"


def test_the_signer_is_told_the_salt_of_what_it_signs(play):
    """What it signs is a hash: with the salt it can see of what."""
    _, _, draft = play.drafted(Step.SUBMIT, Role.ENTERPRISE, OWNER)
    salt = draft.summary.rpartition(" ")[2]
    call_id = play.call.call_id
    plain = f'parkloom/call-document/v1\n{call_id}\n1\nsubmit\n{salt}\n"because"\n{{}}'

    assert sha256(plain.encode()).hexdigest() == draft.body["document"]


def test_others_and_a_destroyed_secret_give_no_salt(play):
    """Of others' steps one sees the hash alone; with the secret gone nobody can test a guess."""
    play.to(CallState.PUBLISHED)
    workspace, call_id = play.stage.workspace, play.call.call_id
    strangers = technology_calls.history(workspace, call_id, viewer_id=TEAMS[0])
    owners = technology_calls.history(workspace, call_id, viewer_id=OWNER)
    with workspace.transaction() as session:
        order_keys.destroy(session.connection(), workspace.operator_id, call_id, now_ms=1)
    after = technology_calls.history(workspace, call_id, viewer_id=OWNER)

    assert {one.salt for one in strangers} == {""}
    assert [bool(one.salt) for one in owners] == [one.transition.org == OWNER for one in owners]
    assert any(one.salt for one in owners)
    assert {one.salt for one in after} == {""}


def test_a_crash_behind_the_entry_is_made_good(play, monkeypatch):
    """The log has the step, the rows do not: the next look at the call carries it over."""
    workspace, request, draft = play.drafted(Step.SUBMIT, Role.ENTERPRISE, OWNER)
    with monkeypatch.context() as patch:
        patch.setattr(technology_calls, "finish", lambda *_, **__: False)
        technology_calls.submit_step(workspace, play.call.call_id, request, draft)
        assert technology_calls.get(workspace, play.call.call_id).state is CallState.DRAFT

    assert technology_calls.get(workspace, play.call.call_id).state is CallState.TRIAGE
    assert not technology_calls.finish(workspace, play.call.call_id)


def test_a_step_entered_past_the_service_is_taken_up_when_it_is_handed_in(play):
    """The log knows a step that nobody handed in here; its own party can still do so."""
    workspace, request, draft = play.drafted(Step.SUBMIT, Role.ENTERPRISE, OWNER)
    records.submit(workspace, draft)
    call, _ = technology_calls.submit_step(workspace, play.call.call_id, request, draft)

    assert call.state is CallState.TRIAGE


def test_a_rule_of_the_call_is_refused_by_its_code_before_anybody_signs(play):
    """The code of the rule is the code of the problem."""
    with pytest.raises(CallStepRefused) as refused:
        play.centre(Step.PUBLISH, publication(play.of))

    assert refused.value.code == "CALL_WRONG_STATE"
    assert recorded_or_none(play) is None


def recorded_or_none(play: ServedPlay) -> object:
    return play.stage.workspace.log.state(f"call/{play.call.call_id}")


def test_another_party_cannot_sign_a_step(play):
    """The server asks the owner's maker; another key is refused by the record."""
    workspace, request, draft = play.drafted(Step.SUBMIT, Role.ENTERPRISE, OWNER)
    handle = organisations.get(workspace, CENTRE).party
    need = Need(role=Side.CENTRE, duty=Duty.MAKER, party=str(handle))
    stolen = play.stage.parties.sign_for(replace(draft, signatures=()), need)
    with pytest.raises(Refusal):
        technology_calls.submit_step(workspace, play.call.call_id, request, stolen)

    assert technology_calls.get(workspace, play.call.call_id).state is CallState.DRAFT


def test_a_signed_body_of_another_payload_is_refused(play):
    """What is stored is what was signed."""
    workspace, request, draft = play.drafted(Step.SUBMIT, Role.ENTERPRISE, OWNER)
    other = replace(request, reason="another one")
    with pytest.raises(BadRequest, match="signed body says document"):
        technology_calls.submit_step(workspace, play.call.call_id, other, draft)


@pytest.mark.parametrize(
    "changes",
    [
        {"step": "celebrate"},
        {"role": "king"},
        {"payload": {"colour": "red"}},
    ],
)
def test_a_request_that_cannot_be_read_is_refused(play, changes):
    """Steps, roles and payloads are those of the table."""
    values = {"step": "submit", "role": "enterprise", "organisation_id": OWNER, "payload": {}}
    with pytest.raises(BadRequest):
        technology_calls.draft_step(
            play.stage.workspace, play.call.call_id, StepRequest(**{**values, **changes})
        )


def test_names_known_here_are_masked_though_nobody_listed_them(play):
    """A team that writes its alias is masked by its own profile."""
    play.to(CallState.PUBLISHED)
    told = proposal(TEAMS[0], text="电池课题组 coats the cathode; UNI-1 House tests it.")
    for team in TEAMS:
        given = told if team == TEAMS[0] else proposal(team)
        seal = play.seal(team, given)
        play.team(Step.APPLY, p.Applied(application_id=key_of(team), seal=seal), org=team)
    play.centre(Step.CLOSE_APPLICATIONS, at_ms=1_000)
    play.reveal(TEAMS[0], told)
    play.reveal(TEAMS[1])
    play.centre(Step.START_FORMAL_CHECK)
    play.to(CallState.REVIEW)

    text = play.call.applications[0].blind_text
    assert "电池课题组" not in text
    assert "House" not in text
    assert text.endswith("tests it.")


def test_triage_finds_the_same_demand_under_another_id(play):
    """The centre sees the duplicate before it publishes."""
    workspace = play.stage.workspace
    technology.put_demand(workspace, replace(play.of, demand_id="D-2"))
    report = technology_calls.triage_report(workspace, play.call.call_id)

    assert report["duplicates"] == ["D-2"]
    assert report["demand_digest"] == play.of.digest


@pytest.mark.long
@pytest.mark.postgresql
def test_a_whole_race_on_postgresql(tmp_path, postgresql_url):
    """Two teams race to the gate; both are rated in the end."""
    with settled(tmp_path, postgresql_url) as stage:
        play = ServedPlay(race=True, stage=stage).to(CallState.CLOSED)
        records_of = [
            technology.get_provider(stage.workspace, f"team-of-{team}").track_record[0].accepted
            for team in TEAMS
        ]

    assert play.call.state is CallState.CLOSED
    assert records_of == [True, False]
