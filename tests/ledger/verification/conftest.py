"""One finished order, certified."""

from collections.abc import Callable

import pytest

from ledger.errors import NotVerified
from ledger.log.note import Verifier
from ledger.values.money import Money
from ledger.verification.certificate import Certificate, from_json, to_json
from ledger.verification.verify import Trust, Verdict, verify
from tests.ledger.verification.forging import Forgery
from tests.support.certifying import LOG_KEY
from tests.support.parties import DAY_MS, World

Judge = Callable[[Certificate], Verdict]


def make_world() -> tuple[World, str]:
    """Return a world with one order: confirmed, claimed, funded, repaid in part."""
    world = World()
    order = world.confirmed_order()
    claim = world.funded_claim(order, 40_000_000)
    world.pass_ms(30 * DAY_MS)
    world.enter(world.draft("repaid", claim, amount=Money(10_120_000, "CNY")))
    return world, order


@pytest.fixture(scope="session")
def certified() -> tuple[World, str]:
    """A world that tests only read."""
    return make_world()


@pytest.fixture
def forgery(certified: tuple[World, str]) -> Forgery:
    """A log to rewrite, of the finished order."""
    return Forgery.of(*certified)


def judge(certificate: Certificate, world: World) -> Verdict:
    """Verify as a stranger would: from the file's bytes and the two pinned keys."""
    return verify(from_json(to_json(certificate)), trust_in(world))


def trust_in(world: World, key: Verifier = LOG_KEY.verifier) -> Trust:
    """Return the trust in a world's registrar and in a log key."""
    root = world.root.public_key().public_bytes_raw()
    return Trust(registrar_root=root, log_keys=(key,))


def expect_rejected(forgery: Forgery, code: str, **options: bool) -> NotVerified:
    """Expect that the certificate of a forged log is not proved, with a code."""
    with pytest.raises(NotVerified) as caught:
        judge(forgery.certificate(**options), forgery.world)
    assert caught.value.code == code, caught.value
    return caught.value
