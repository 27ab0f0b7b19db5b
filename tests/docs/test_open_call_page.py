"""The page of the open call and its code cannot drift apart."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from matching.technology.opencall import (
    TABLE,
    Action,
    CallCode,
    Role,
    Step,
    document_sha256,
    open_call,
)
from matching.technology.opencall.call import Proposal
from matching.technology.opencall.payloads import PAYLOADS, Nothing
from matching.technology.opencall.sealing import seal_of
from matching.technology.opencall.states import BEFORE_AWARD, DISPUTABLE
from matching.technology.problem_plain import canonical_json, from_plain
from matching.technology.problem_schema import schema_of
from tests.support.calls import STEP_SALT, demand

PAGE = Path(__file__).parents[2] / "docs" / "spec" / "open-call.md"


def page() -> str:
    return PAGE.read_text("utf-8")


def example(name: str) -> str:
    found = re.search(rf"<!-- example: {name} -->\n```\w+\n(.*?)\n```", page(), re.DOTALL)
    assert found, name
    return found[1]


def named(states) -> str:
    """Return states as the page names them."""
    if states == DISPUTABLE:
        return "any of the disputable"
    return "before the award" if states == BEFORE_AWARD else ", ".join(states)


def test_the_steps_are_all_there_with_states_roles_and_payloads():
    """Row by row, in their order."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in page().splitlines()
        if line.startswith("| `") and line.count("|") == 7
    ]
    expected = [
        [
            f"`{step}`",
            named(row.states),
            ", ".join(row.roles),
            named(row.to),
            "yes" if row.reason else "—",
            " ".join(f"`{name}`" for name in schema_of(PAYLOADS[step])["properties"]) or "—",
        ]
        for step, row in TABLE.items()
    ]
    assert rows == expected


def test_the_refusals_are_all_there():
    """Each code stands in section 8."""
    section = page().split("## 8. Refusals")[1]
    assert re.findall(r"`(CALL_[A-Z_]+)`", section) == [code.value for code in CallCode]


def test_the_seal_is_recomputed():
    """Byte for byte from the example."""
    shown = dict(line.split(maxsplit=1) for line in example("seal").splitlines())
    proposal = from_plain(Proposal, json.loads(shown["proposal"]))

    assert canonical_json(proposal).decode() == shown["proposal"]
    assert shown["seal"] == seal_of(
        proposal,
        shown["salt"],
        call_id=shown["call"],
        application_id=shown["application"],
        org=shown["applicant"],
    )


def test_the_document_is_recomputed():
    """The hash of the example is that of its bytes, and of the step that it stands for."""
    call = open_call("C-1", demand(), centre_org="CENTRE")
    action = Action(
        step=Step.SUBMIT,
        role=Role.ENTERPRISE,
        org="ENT-1",
        at_ms=0,
        payload=Nothing(),
        salt=STEP_SALT,
    )
    digest = hashlib.sha256(example("document").encode()).hexdigest()

    assert digest == document_sha256(call, action)
    assert f"`{digest}`" in page()
