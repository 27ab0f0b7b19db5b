"""The certificate file: one form; any changed byte is rejected or unreadable."""

import base64
import json
import os
import random

import pytest

from ledger.errors import NotVerified
from ledger.verification.certificate import from_json, to_json
from ledger.verification.fields import Unreadable
from ledger.verification.verify import Trust, verify
from tests.ledger.verification.conftest import trust_in
from tests.support.certifying import LOG_KEY
from tests.support.parties import World

FULL = os.environ.get("PARKLOOM_LONG") == "full"


def test_a_file_brings_the_certificate_back(certified) -> None:
    world, order = certified
    certificate = world.certificate(order)
    data = to_json(certificate)

    assert from_json(data) == certificate
    assert data.endswith(b"}\n")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"{}\n",
        b"[]\n",
        b"\xff\n",
        b'{"format":"parkloom/certificate/v1"}\n',
        b'{"format":"parkloom/certificate/v2"}\n',
        b"[" * 100_000 + b"\n",
        b'{"format":1.5}\n',
    ],
)
def test_other_files_are_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable):
        from_json(data)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "parkloom/certificate/v1"},
        {"extra": 1},
        {"origin": 5},
        {"order": None},
        {"checkpoint": []},
        {"entries": {}},
        {"entries": [5]},
        {"entries": [{"index": True, "leaf": "", "proof": []}]},
        {"entries": [{"index": 0, "leaf": "?", "proof": []}]},
        {"entries": [{"index": 0, "leaf": "AB==", "proof": []}]},  # not the one canonical form
        {"entries": [{"index": 0, "leaf": "", "proof": [5]}]},
        {"entries": [{"index": 0, "leaf": "", "proof": "x"}]},
        {"disclosures": "x"},
        {"disclosures": [5]},
    ],
)
def test_other_contents_are_unreadable(certified, change: dict[str, object]) -> None:
    world, order = certified
    value = {**json.loads(to_json(world.certificate(order))), **change}
    data = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    with pytest.raises(Unreadable):
        from_json(data.encode() + b"\n")


def judged(data: bytes, root: bytes) -> bool:
    """Tell whether bytes are proved; only the two expected errors may come instead."""
    try:
        verify(from_json(data), Trust(registrar_root=root, log_keys=(LOG_KEY.verifier,)))
    except (Unreadable, NotVerified):
        return False
    return True


def small_certificate() -> tuple[bytes, bytes]:
    """Return the file of a short chain with a disclosed field, and the registrar's root key."""
    world = World()
    order = world.confirmed_order()
    opened = world.store._memory.disclosures[world.order_state(order).index].values()
    return to_json(world.certificate(order, sorted(opened))), (
        world.root.public_key().public_bytes_raw()
    )


def flipped(data: bytes, place: int, bit: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


def flips(data: bytes, places: list[int]) -> list[bytes]:
    return [flipped(data, place, 0) for place in places]


def test_a_flipped_byte_is_never_proved() -> None:
    """A sample over the whole file, every byte of what is not base64, and every cut."""
    data, root = small_certificate()
    assert judged(data, root)
    chance = random.Random(7)
    places = chance.sample(range(len(data)), 250)
    places += [i for i in range(len(data)) if data[i : i + 1] in b'{}[],:"'][:40]
    assert not any(judged(changed, root) for changed in flips(data, places))
    assert not any(judged(data[:cut], root) for cut in chance.sample(range(len(data)), 20))
    assert not judged(data + b" ", root)
    assert not judged(data + data, root)


@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_every_flipped_byte_is_never_proved() -> None:
    """Every byte of an absence; of an order every fourth, and in the whole campaign every bit."""
    world = World()
    root = world.root.public_key().public_bytes_raw()
    absent = to_json(world.absence("PO-1"))
    assert judged(absent, root)
    for place in range(len(absent)):
        assert not judged(flipped(absent, place, place % 8), root), place
    data, root = small_certificate()
    bits = range(8) if FULL else (0,)
    for place in range(0, len(data), 1 if FULL else 4):
        for bit in bits:
            assert not judged(flipped(data, place, bit), root), place


def test_a_flipped_byte_inside_a_leaf_is_caught_by_its_proof(certified) -> None:
    world, order = certified
    value = json.loads(to_json(world.certificate(order)))
    leaf = bytearray(base64.b64decode(value["entries"][-1]["leaf"]))
    leaf[len(leaf) // 2] ^= 1
    value["entries"][-1]["leaf"] = base64.b64encode(leaf).decode()
    data = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    with pytest.raises(NotVerified) as caught:
        verify(from_json(data.encode() + b"\n"), trust_in(world))
    assert caught.value.code == "ROOT_DIFFERS"
