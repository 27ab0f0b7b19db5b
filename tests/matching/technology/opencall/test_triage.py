"""Triage: what a demand lacks, and which others ask for the same."""

from __future__ import annotations

import pytest

from matching.technology.opencall.triage import missing_of, triage
from tests.support.calls import demand


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("indicators", ()),
        ("deliverables", ()),
        ("budget", None),
        ("deadline", None),
        ("duration_months", 0),
        ("milestones", ()),
    ],
)
def test_each_missing_field_is_named(field, value):
    """A complete demand lacks nothing."""
    assert missing_of(demand()) == ()
    assert missing_of(demand(**{field: value})) == (field,)


def test_the_same_words_are_a_duplicate_and_others_are_not():
    """Spaces, case and width do not make another demand; itself is no duplicate."""
    own = demand()
    same = demand(demand_id="D-2", title=own.title.upper(), problem=own.problem.replace(" ", "  "))
    other = demand(demand_id="D-3", title="Scratches on glass", problem="Find them from samples.")

    assert triage(own, (own, same, other)).duplicates == ("D-2",)
