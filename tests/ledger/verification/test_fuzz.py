"""Mutated certificates: never a crash, never a verdict that says something else.

A sample runs with the long tests, a hundred thousand with PARKLOOM_LONG=full. The digest is made
anew after each mutation, so that it is the proofs that have to tell. Mutations do not know the
log's key: what its holder can do is in test_verify.py and test_roots.py.
"""

import base64
import hashlib
import json
import os
import random
from dataclasses import replace
from typing import Any

import pytest

from ledger.errors import NotVerified
from ledger.verification.certificate import from_json, to_json
from ledger.verification.fields import Unreadable
from ledger.verification.report import to_json as report_of
from ledger.verification.verify import Trust, verify
from tests.ledger.verification.conftest import trust_in
from tests.ledger.verification.test_roots import POLICY, cosigned
from tests.support.parties import World

FULL = os.environ.get("PARKLOOM_LONG") == "full"
COUNT = 100_000 if FULL else 2_000
ODD: list[Any] = [
    None, True, False, 0, -1, 2**53 - 1, 2**53, "", "x", "A" * 44, "=", [], {}, [[]], {"v": 1},
    "\u0000", "é", "é", "—", "0" * 64, "9" * 400, 1.5,
]  # fmt: skip


def places(value: Any, found: list[tuple[Any, Any]] | None = None) -> list[tuple[Any, Any]]:
    """Return (container, key) of everything inside a JSON value."""
    found = [] if found is None else found
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in list(members):
        found.append((value, key))
        if isinstance(one, (dict, list)):
            places(one, found)
    return found


def mutate(value: Any, chance: random.Random) -> None:
    """Change one thing somewhere inside a JSON value."""
    inside = places(value)
    holder, key = chance.choice(inside)
    old = holder[key]
    way = chance.randrange(9)
    if way == 0:
        holder[key] = chance.choice(ODD)
    elif way == 1:
        del holder[key]
    elif way == 2 and isinstance(old, list) and old:
        old.append(json.loads(json.dumps(chance.choice(old))))
    elif way == 3 and isinstance(old, list):
        chance.shuffle(old)
    elif way == 4:
        other, place = chance.choice(inside)
        if place in other if isinstance(other, dict) else place < len(other):
            holder[key], other[place] = other[place], old
    elif isinstance(old, int) and not isinstance(old, bool):
        holder[key] = old + chance.choice((-1, 1, 2, -old, 2**40))
    elif isinstance(old, str):
        holder[key] = mutated_text(old, chance)
    else:
        holder[str(key) + "x" if isinstance(holder, dict) else key] = old


def mutated_text(text: str, chance: random.Random) -> str:
    """Change a text: inside its base64, inside a leaf, or a character of it."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = b""
    if data[:4] == b'{"b"' and data[-1:] == b"}" and chance.random() < 0.7:
        leaf = json.loads(data)
        mutate(leaf, chance)
        written = json.dumps(leaf, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return base64.b64encode(written.encode("utf-8", "replace")).decode()
    if data and chance.random() < 0.8:
        changed = bytearray(data)
        if len(changed) > 100:  # a leaf stays JSON, mostly
            return base64.b64encode(bytes(changed).replace(b"1", b"2", 1)).decode()
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        return base64.b64encode(bytes(changed[: chance.choice((len(changed), 31))])).decode()
    if not text:
        return "x"
    place = chance.randrange(len(text))
    return text[:place] + chance.choice("0a9fX/+=\n ") + text[place + chance.randrange(2) :]


def written(value: Any) -> bytes:
    """Return the file of a mutated value with its right digest."""
    if isinstance(value, dict) and "digest" in value:
        value["digest"] = ""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    data = text.encode("utf-8", "surrogatepass") + b"\n"
    digest = hashlib.sha256(data).hexdigest().encode()
    return data.replace(b'"digest":""', b'"digest":"%s"' % digest, 1)


def raw(data: bytes, chance: random.Random) -> bytes:
    """Change bytes of the file, whatever they are."""
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(len(changed))
        way = chance.randrange(4)
        if way == 0:
            changed[place] ^= 1 << chance.randrange(8)
        elif way == 1:
            del changed[place : place + chance.randrange(1, 50)]
        elif way == 2:
            changed[place:place] = bytes(chance.randrange(256) for _ in range(3))
        else:
            other = chance.randrange(len(changed))
            changed[place : place + 8] = changed[other : other + 8]
    return bytes(changed)


def says(data: bytes, trust: Trust) -> Any:
    """Return what a file proves, None when it is not proved or unreadable."""
    try:
        said = report_of(verify(from_json(data), trust))
    except (Unreadable, NotVerified):
        return None
    return {name: said[name] for name in said if name != "disclosed"}, said["disclosed"]


def originals() -> list[tuple[bytes, Trust]]:
    """Return certificates of both kinds with what to trust, with and without witnesses."""
    world = World()
    order = world.confirmed_order()
    world.reserved_claim(order, 1_000)
    opened = world.store._memory.disclosures[world.order_state(order).index].values()
    trust = trust_in(world)
    witnessed = replace(trust, policy=POLICY, log_keys=())
    there = world.certificate(order, sorted(opened))
    absent = world.absence("PO-7")
    return [
        (to_json(there), trust),
        (to_json(absent), trust),
        (to_json(cosigned(there, 2)), witnessed),
        (to_json(cosigned(absent, 2)), witnessed),
    ]


@pytest.mark.long
@pytest.mark.timeout(7_200 if FULL else 600)
def test_mutated_certificates_prove_nothing_else() -> None:
    files = [(data, trust, says(data, trust)) for data, trust in originals()]
    assert all(said is not None for _, _, said in files)
    seed = 20_261_122
    proved = 0
    for number in range(COUNT):
        chance = random.Random(f"{seed}/{number}")
        data, trust, (said, disclosed) = files[number % len(files)]
        if chance.random() < 0.2:
            changed = raw(data, chance)
        else:
            value = json.loads(data)
            for _ in range(chance.choice((1, 1, 1, 2, 3))):
                mutate(value, chance)
            changed = written(value)
        found = says(changed, trust)
        if found is None:
            continue
        # Texts may be left out or put in another order: that proves less, nothing else.
        assert found[0] == said, number
        assert all(one in disclosed for one in found[1]), number
        proved += 1
    assert proved < COUNT / 10
