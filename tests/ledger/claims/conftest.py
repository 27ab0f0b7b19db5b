"""A fresh world for each test, and the way to expect a refusal."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ledger.claims.drafts import Draft
from ledger.errors import Refusal
from ledger.values.consent import Role
from tests.support.firms import Person
from tests.support.parties import World

Refused = Callable[..., Refusal]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def refused(world: World) -> Refused:
    """Enter a draft, expect a refusal with a code, and that nothing at all has changed."""

    def check(draft: Draft, code: str, *people: tuple[Person, Role], **body: object) -> Refusal:
        if body:
            changed = {**draft.body, **body}
            kept = {name: value for name, value in changed.items() if value is not None}
            draft = replace(draft, body=kept)  # type: ignore[arg-type]  # a test's own fields
            if not people:
                people = tuple((world.signer(need), need.role) for need in draft.needs)
        before = (world.store.head(), dict(world.store._memory.state))
        with pytest.raises(Refusal) as caught:
            world.enter(draft, *people)
        assert caught.value.code == code, caught.value
        assert (world.store.head(), dict(world.store._memory.state)) == before
        assert "  " not in caught.value.message
        return caught.value

    return check
