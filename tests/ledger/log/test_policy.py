"""Trust policies: the file, and what a checkpoint must carry to be valid under one."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import NotVerified
from ledger.log import note
from ledger.log.checkpoint import Checkpoint
from ledger.log.merkle import inclusion_proof, leaf_hash, root_at
from ledger.log.policy import Policy, PolicyGroup, PolicyLog, PolicyWitness
from ledger.log.policy_file import LINES_MAX, format_policy, parse_policy
from ledger.log.proof_file import TlogProof
from ledger.log.tiles import LeafNodes
from tests.support.log_parts import LOG_KEY, ORIGIN, private_key
from tests.support.witnesses import TIME_S, cosigner, policy_of, pq_cosigner

LOG = LOG_KEY.verifier.vkey
X = [cosigner(f"x{number}.example") for number in (1, 2, 3)]
Y = [pq_cosigner(f"y{number}.example") for number in (1, 2)]
CHECKPOINT = Checkpoint(origin=ORIGIN, size=7, root=b"\7" * 32)
SIGNED = LOG_KEY.sign(CHECKPOINT.text())

FILE = f"""\
# The log of the park, and who watches it.
log {LOG} https://park.example/ledger

witness X1 {X[0].verifier.vkey}\thttps://x1.example/witness
witness X2 {X[1].verifier.vkey}
  witness\tX3 {X[2].verifier.vkey}\t
group X-witnesses 2 X1 X2 X3

witness Y1 {Y[0].verifier.vkey}
witness Y2 {Y[1].verifier.vkey}
group Y-witnesses any Y1 Y2

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""
POLICY = parse_policy(FILE.encode())


def cosigned(names: dict[str, int]) -> bytes:
    """Return the log's note, cosigned by these witnesses at these times."""
    everyone = {one.name: one for one in (*X, *Y)}
    lines = [
        everyone[f"{name.lower()}.example"].cosign(CHECKPOINT.text(), time_s=at)
        for name, at in names.items()
    ]
    return SIGNED + b"".join(lines)


def test_the_file_is_read_as_it_stands():
    assert [log.url for log in POLICY.logs] == ["https://park.example/ledger"]
    assert [(one.name, one.url) for one in POLICY.witnesses][:2] == [
        ("X1", "https://x1.example/witness"),
        ("X2", None),
    ]
    assert [(one.name, one.threshold, one.members) for one in POLICY.groups] == [
        ("X-witnesses", 2, ("X1", "X2", "X3")),
        ("Y-witnesses", 1, ("Y1", "Y2")),
        ("X-and-Y", 2, ("X-witnesses", "Y-witnesses")),
    ]
    assert POLICY.describe() == "2 of (2 of (X1, X2, X3), 1 of (Y1, Y2))"


def test_a_policy_is_written_and_read_again():
    assert parse_policy(format_policy(POLICY)) == POLICY
    assert parse_policy(format_policy(Policy())) == Policy()


@pytest.mark.parametrize("count", range(6))
def test_exactly_the_quorums_are_accepted(count):
    """Every subset of the five witnesses: two of X and one of Y are needed."""
    names = ["X1", "X2", "X3", "Y1", "Y2"]
    for chosen in combinations(names, count):
        enough = sum(one[0] == "X" for one in chosen) >= 2 and any(one[0] == "Y" for one in chosen)
        assert POLICY.satisfied(chosen) == enough
        data = cosigned(dict.fromkeys(chosen, TIME_S))
        if enough:
            found = POLICY.evaluate(data)
            assert (found.checkpoint, set(found.cosigned)) == (CHECKPOINT, set(chosen))
            continue
        with pytest.raises(NotVerified) as caught:
            POLICY.evaluate(data)
        assert caught.value.code == "QUORUM_MISSING"


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"X1": 30, "X2": 10, "Y1": 20}, 10),
        ({"X1": 30, "X2": 10, "X3": 25, "Y1": 20}, 20),
        ({"X1": 30, "X2": 10, "X3": 25, "Y1": 20, "Y2": 28}, 25),
        ({"X1": 0, "X2": 10, "Y1": 10}, 0),
    ],
)
def test_the_time_is_the_latest_as_of_which_a_quorum_vouches(times, expected):
    assert POLICY.evaluate(cosigned(times)).time_s == expected


def test_without_a_quorum_no_witness_is_needed_and_none_is_claimed():
    found = Policy().evaluate(SIGNED, [LOG_KEY.verifier])
    assert (found.checkpoint, found.time_s, dict(found.cosigned)) == (CHECKPOINT, None, {})


def test_a_single_witness_can_be_the_quorum():
    policy = parse_policy(f"log {LOG}\nwitness w {X[0].verifier.vkey}\nquorum w\n".encode())
    assert policy.evaluate(cosigned({"X1": 5})).time_s == 5
    with pytest.raises(NotVerified) as caught:
        policy.evaluate(cosigned({"X2": 5}))
    assert caught.value.code == "QUORUM_MISSING"


def test_the_name_in_the_policy_is_not_the_name_in_the_key():
    """What a line says of itself counts for nothing: the key decides."""
    stranger = cosigner("X1").cosign(CHECKPOINT.text(), time_s=5)
    with pytest.raises(NotVerified) as caught:
        POLICY.evaluate(cosigned({"X2": 5, "Y1": 5}) + stranger)
    assert caught.value.code == "QUORUM_MISSING"


def test_one_witness_counts_once_however_many_lines_it_writes():
    data = cosigned({"X1": 5, "Y1": 5}) + X[0].cosign(CHECKPOINT.text(), time_s=6)
    with pytest.raises(NotVerified) as caught:
        POLICY.evaluate(data)
    assert caught.value.code == "QUORUM_MISSING"


def test_a_known_witness_whose_line_fails_condemns_the_note():
    other = Checkpoint(origin=ORIGIN, size=8, root=b"\7" * 32).text()
    data = cosigned({"X1": 5, "X2": 5, "Y1": 5}) + X[2].cosign(other, time_s=5)
    with pytest.raises(NotVerified) as caught:
        POLICY.evaluate(data)
    assert caught.value.code == "NOTE_SIGNATURE"


def test_any_of_the_logs_is_accepted_and_no_other():
    second = note.Signer(name="second.example", private_key=private_key("second"))
    policy = Policy(logs=(PolicyLog(key=LOG_KEY.verifier), PolicyLog(key=second.verifier)))
    theirs = second.sign(Checkpoint(origin="second.example", size=0, root=EMPTY).text())
    assert policy.evaluate(theirs).checkpoint.origin == "second.example"
    assert policy.evaluate(SIGNED).checkpoint == CHECKPOINT
    with pytest.raises(NotVerified) as caught:
        policy.evaluate(theirs, [LOG_KEY.verifier])
    assert caught.value.code == "NOTE_UNSIGNED"
    # The second log's key under the first log's name is no signature of the first log.
    crossed = second.sign(CHECKPOINT.text())
    with pytest.raises(NotVerified) as caught:
        policy.evaluate(crossed)
    assert caught.value.code == "CHECKPOINT_ORIGIN"


EMPTY = bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")


@pytest.mark.parametrize("logs", [(), (X[0].verifier,)])
def test_an_unknown_log_is_refused(logs):
    policy = POLICY if logs else Policy()
    with pytest.raises(NotVerified) as caught:
        policy.evaluate(SIGNED, logs)
    assert caught.value.code == "LOG_UNKNOWN"


def test_two_keys_of_one_log_are_accepted_in_an_overlap():
    """A rotation: the checkpoint carries both lines, and either key alone is enough."""
    newer = note.Signer(name=ORIGIN, private_key=private_key("newer log key"))
    line = newer.sign(CHECKPOINT.text()).split(b"\n\n")[1]
    both = SIGNED + line
    for keys in ([LOG_KEY.verifier], [newer.verifier], [LOG_KEY.verifier, newer.verifier]):
        policy = Policy(logs=tuple(PolicyLog(key=key) for key in keys))
        assert policy.evaluate(both).checkpoint == CHECKPOINT


W = f"witness w {X[0].verifier.vkey}\n"
V = f"witness v {X[1].verifier.vkey}\n"
MALFORMED = {
    "empty": "",
    "no quorum": W,
    "two quorums": W + "quorum w\nquorum w\n",
    "unknown keyword": "wittness w\nquorum none\n",
    "quorum not defined": "quorum w\n",
    "quorum before its witness": f"quorum w\n{W}",
    "quorum with two names": W + "quorum w w\n",
    "name none": f"witness none {X[0].verifier.vkey}\nquorum none\n",
    "group none": W + "group none any w\nquorum none\n",
    "none as member": W + "group g any none\nquorum g\n",
    "witness name twice": W + W.replace(X[0].verifier.vkey, X[1].verifier.vkey) + "quorum w\n",
    "witness and group name": W + "group w any w\nquorum w\n",
    "witness key twice": W + W.replace("witness w", "witness v") + "quorum w\n",
    "log twice": f"log {LOG}\nlog {LOG}\nquorum none\n",
    "log without key": "log\nquorum none\n",
    "log with too much": f"log {LOG} url more\nquorum none\n",
    "log key of a witness": f"log {X[0].verifier.vkey}\nquorum none\n",
    "witness key of a log": f"witness w {LOG}\nquorum w\n",
    "witness without key": "witness w\nquorum w\n",
    "witness with too much": W.replace("\n", " url more\n") + "quorum w\n",
    "key id that is not the key's": W.replace("+", "+0", 1) + "quorum w\n",
    "group without member": W + "group g any\nquorum g\n",
    "group member not defined": W + f"group g any w v\n{V}quorum g\n",
    "group of itself": W + "group g any w g\nquorum g\n",
    "member twice in a group": W + "group g any w w\nquorum g\n",
    "member of two groups": W + V + "group g any w v\ngroup h any w\nquorum g\n",
    "threshold 0": W + "group g 0 w\nquorum g\n",
    "threshold above": W + "group g 2 w\nquorum g\n",
    "threshold with zero": W + V + "group g 01 w v\nquorum g\n",
    "threshold with sign": W + "group g +1 w\nquorum g\n",
    "threshold in words": W + "group g one w\nquorum g\n",
    "threshold in other digits": W + "group g １ w\nquorum g\n",
    "carriage return": W + "quorum w\r\n",
    "form feed": W + "quorum\fw\n",
    "delete": W + "quorum w \x7f\n",
    "cut off": W + "quorum w",
    "no-break space is no whitespace": W + "quorum\u00a0w\n",
    "comment behind an item": W + "quorum w # this one\n",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_not_a_policy(name):
    with pytest.raises(NotVerified) as caught:
        parse_policy(MALFORMED[name].encode())
    assert caught.value.code == "POLICY_MALFORMED"


def test_two_keys_that_differ_in_name_alone_are_duplicates():
    again = note.Verifier(
        name="renamed", public_key=X[0].verifier.public_key, type=note.COSIGNATURE_ED25519
    )
    with pytest.raises(NotVerified, match="twice"):
        parse_policy(f"{W}witness v {again.vkey}\nquorum w\n".encode())


def test_names_are_octets():
    """The letter K and the Kelvin sign differ; octets outside UTF-8 are a name like any other."""
    kelvin = "\u212a".encode()
    data = (
        b"witness K " + X[0].verifier.vkey.encode() + b"\n"
        b"witness " + kelvin + b" " + X[1].verifier.vkey.encode() + b"\n"
        b"witness \xff\xfe " + X[2].verifier.vkey.encode() + b"\n"
        b"group g all K " + kelvin + b" \xff\xfe\nquorum g\n"
    )
    policy = parse_policy(data)
    assert len({one.name for one in policy.witnesses}) == 3
    assert parse_policy(format_policy(policy)) == policy


def test_a_vkey_outside_utf8_is_refused():
    with pytest.raises(NotVerified, match="line 1"):
        parse_policy(b"log \xff\xfe+00000000+AAAA\nquorum none\n")


@pytest.mark.parametrize("count", [32, LINES_MAX, LINES_MAX + 1])
def test_many_witnesses(count):
    lines = [f"witness w{n} {cosigner(f'w{n}').verifier.vkey}\n" for n in range(count)]
    data = ("".join(lines) + "quorum none\n").encode()
    if count <= LINES_MAX:
        assert len(parse_policy(data).witnesses) == count
        return
    with pytest.raises(NotVerified) as caught:
        parse_policy(data)
    assert caught.value.code == "POLICY_MALFORMED"


def test_a_policy_that_is_too_large_is_not_read():
    with pytest.raises(NotVerified, match="most"):
        parse_policy(b"#" * 1_048_576 + b"\nquorum none\n")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"logs": (PolicyLog(key=X[0].verifier),)}, "cannot be a log's"),
        ({"witnesses": (PolicyWitness(name="w", key=LOG_KEY.verifier),)}, "cannot be a witness's"),
        ({"witnesses": (PolicyWitness(name="", key=X[0].verifier),)}, "taken"),
        ({"groups": (PolicyGroup(name="g", threshold=1, members=("w",)),)}, "not defined"),
        ({"groups": (PolicyGroup(name="g", threshold=1, members=()),)}, "0 members"),
        ({"quorum": "g"}, "no witness or group"),
    ],
)
def test_a_policy_that_cannot_be(fields, reason):
    with pytest.raises(ValueError, match=reason):
        Policy(**fields)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_policy_or_refused(data):
    code, policy = "", None
    try:
        policy = parse_policy(data)
    except NotVerified as refused:
        code = refused.code
    assert policy is None or parse_policy(format_policy(policy)) == policy
    assert code == ("POLICY_MALFORMED" if policy is None else "")


def test_a_proof_file_under_a_policy():
    entries = [b"%d" % number for number in range(10)]
    nodes = LeafNodes(entries)
    text = Checkpoint(origin=ORIGIN, size=10, root=root_at(10, nodes)).text()
    lines = [one.cosign(text, time_s=TIME_S) for one in X[:2]]
    policy = policy_of(X, 2)
    hashes = inclusion_proof(4, 10, nodes)
    proof = TlogProof(index=4, hashes=hashes, checkpoint=LOG_KEY.sign(text) + b"".join(lines))
    assert proof.verify_under(leaf_hash(b"4"), policy).time_s == TIME_S
    for broken, code in (
        (TlogProof(index=4, hashes=hashes, checkpoint=LOG_KEY.sign(text) + lines[0]), "QUORUM"),
        (TlogProof(index=5, hashes=hashes, checkpoint=proof.checkpoint), "ROOT_DIFFERS"),
        (TlogProof(index=4, hashes=hashes[1:], checkpoint=proof.checkpoint), "PROOF_LENGTH"),
    ):
        with pytest.raises(NotVerified) as caught:
            broken.verify_under(leaf_hash(b"4"), policy)
        assert caught.value.code.startswith(code)
