"""The witness's HTTP interface over a real connection, and its folder."""

from __future__ import annotations

import http.client
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from api.services.errors import BadRequest, NotInitialised
from api.witnessing import home
from api.witnessing.home import WitnessHome
from api.witnessing.http import HttpPrefix
from api.witnessing.log_witnesses import cosigning_of, read_policy
from api.witnessing.remote import HttpWitness
from api.witnessing.server import create_app
from ledger.errors import Corruption
from ledger.log import note
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.merkle import consistency_proof, root_at
from ledger.log.policy_file import format_policy
from ledger.log.signer import CheckpointSigner
from ledger.log.tiles import LeafNodes
from ledger.log.witness import (
    REQUEST_BYTES_MAX,
    AddCheckpoint,
    Witness,
    WitnessError,
    monitoring_path,
    origin_digest,
)
from tests.support.log_parts import LOG_KEY, ORIGIN, private_key
from tests.support.witness_servers import listening, make_home, policy_for

NODES = LeafNodes([b"%d" % number for number in range(20)])
OTHER = note.Signer(name="other.example", private_key=private_key("other")).verifier
THIRD = note.Signer(name="third.example", private_key=private_key("third")).verifier


def signed(size: int) -> bytes:
    """Return a checkpoint of the small log."""
    return LOG_KEY.sign(Checkpoint(origin=ORIGIN, size=size, root=root_at(size, NODES)).text())


def request(old: int, size: int) -> AddCheckpoint:
    """Return an honest request."""
    proof = consistency_proof(old, size, NODES)
    return AddCheckpoint(old_size=old, proof=proof, checkpoint=signed(size))


@pytest.fixture
def made(tmp_path: Path) -> WitnessHome:
    """Return a new witness that watches the small log."""
    return make_home(tmp_path / "w", "w.example")


@pytest.fixture
def url(made: WitnessHome) -> Iterator[str]:
    """Serve the witness on the loopback."""
    with listening(create_app(made.witness)) as url:
        yield url


def ask(
    url: str, method: str, path: str, body: bytes | Iterator[bytes] = b"", **headers: str
) -> tuple[int, str, bytes]:
    """Return status, content type and body of an answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("content-type", ""), answer.read()
    finally:
        connection.close()


def test_it_cosigns_over_http_and_shows_it(url: str, made: WitnessHome):
    witness = HttpWitness(prefix=HttpPrefix(url))
    assert witness.latest(ORIGIN) is None
    old = 0
    for size in (3, 7, 20):
        lines = witness.add_checkpoint(request(old, size))
        _, opened = open_checkpoint(signed(size) + lines, LOG_KEY.verifier, made.keys)
        assert [one.name for one in opened.signatures[1:]] == ["w.example", "w.example/mldsa44"]
        shown = witness.latest(ORIGIN)
        assert shown is not None
        assert open_checkpoint(shown, LOG_KEY.verifier, made.keys)[0].size == size
        old = size
    witness.prefix.close()


def test_the_statuses_and_types_of_the_protocol(url: str):
    path = "/add-checkpoint"
    assert ask(url, "POST", path, request(0, 3).encode())[:2] == (200, "text/plain; charset=utf-8")
    other = note.Signer(name="other.example", private_key=private_key("other"))
    text = Checkpoint(origin="other.example", size=3, root=bytes(32)).text()
    unknown = AddCheckpoint(old_size=0, proof=(), checkpoint=other.sign(text)).encode()
    forged = request(3, 7).encode().replace(b"\n7\n", b"\n8\n")
    for body, status in (
        (b"nonsense", 400),
        (forged, 403),
        (unknown, 404),
        (AddCheckpoint(old_size=3, proof=(bytes(32),), checkpoint=signed(7)).encode(), 422),
    ):
        answer = ask(url, "POST", path, body)
        assert (answer[0], answer[1]) == (status, "text/plain; charset=utf-8")
    assert ask(url, "POST", path, request(5, 7).encode()) == (409, "text/x.tlog.size", b"3\n")


def test_a_body_that_is_too_large_is_not_read_to_its_end(url: str):
    """Announced or not, nobody fills the memory of a witness."""
    large = b"x" * (REQUEST_BYTES_MAX + 1)
    chunks = (b"x" * 65_536 for _ in range(4))
    for body, headers in ((large, {}), (chunks, {"Transfer-Encoding": "chunked"})):
        try:
            status = ask(url, "POST", "/add-checkpoint", body, **headers)[0]
        except (BrokenPipeError, ConnectionResetError):
            status = 400  # the witness hung up before everything was sent
        assert status == 400


def test_a_request_that_is_cut_off_changes_nothing(url: str, made: WitnessHome):
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as peer:
        peer.sendall(
            b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nold 0"
        )
    assert ask(url, "GET", "/" + monitoring_path(ORIGIN))[0] == 404
    assert made.witness.latest(origin_digest(ORIGIN)) is None


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/add-checkpoint", 405),
        ("POST", "/add-checkpoint/", 404),
        ("GET", "/" + "0" * 64 + "/checkpoint", 404),
        ("GET", "/" + origin_digest(ORIGIN).upper() + "/checkpoint", 404),
        ("GET", "/../keys/checkpoint", 404),
        ("GET", "/%2e%2e/checkpoint", 404),
        ("GET", "/witness.json", 404),
        ("GET", "/ed25519.key", 404),
        ("DELETE", "/" + origin_digest(ORIGIN) + "/checkpoint", 405),
    ],
)
def test_nothing_else_is_served(url: str, method: str, path: str, status: int):
    assert ask(url, method, path)[0] == status


def test_a_witness_without_its_memory_says_so_and_cosigns_nothing(url: str, made: WitnessHome):
    folder = made.folder / "state" / origin_digest(ORIGIN)
    assert ask(url, "POST", "/add-checkpoint", request(0, 3).encode())[0] == 200
    (folder / "latest").unlink()
    status, _, body = ask(url, "POST", "/add-checkpoint", request(3, 7).encode())
    assert (status, b"operator" in body, str(folder).encode() in body) == (500, True, False)
    assert ask(url, "GET", "/" + monitoring_path(ORIGIN))[0] == 500


def test_a_witness_that_is_busy_asks_to_come_again(url: str, made: WitnessHome, monkeypatch):
    monkeypatch.setattr("ledger.log.witness_files.LOCK_SECONDS", 0)
    with made.witness.store.record(ORIGIN):
        assert ask(url, "POST", "/add-checkpoint", request(0, 3).encode())[0] == 503


def test_two_servers_on_one_memory_never_cosign_two_trees(made: WitnessHome, url: str):
    other = LeafNodes([b"other %d" % number for number in range(20)])
    text = Checkpoint(origin=ORIGIN, size=7, root=root_at(7, other)).text()
    fork = AddCheckpoint(old_size=0, proof=(), checkpoint=LOG_KEY.sign(text))
    with listening(create_app(home.open_home(made.folder).witness)) as second:
        one, two = (HttpWitness(prefix=HttpPrefix(place)) for place in (url, second))
        one.add_checkpoint(request(0, 7))
        with pytest.raises(WitnessError) as caught:
            two.add_checkpoint(fork)
        assert (caught.value.status, caught.value.size) == (409, 7)
        two.add_checkpoint(request(7, 20))
        with pytest.raises(WitnessError):
            one.add_checkpoint(request(7, 8))
        one.prefix.close()
        two.prefix.close()


def test_a_new_witness_has_two_keys_that_only_it_can_read(made: WitnessHome):
    assert [key.type for key in made.keys] == [note.COSIGNATURE_ED25519, note.COSIGNATURE_MLDSA44]
    for name in ("ed25519.key", "mldsa44.key"):
        assert stat.S_IMODE((made.folder / name).stat().st_mode) == 0o600
    assert home.open_home(made.folder).keys == made.keys
    assert made.logs == (LOG_KEY.verifier,)


def test_a_folder_in_use_is_not_made_a_witness(made: WitnessHome):
    with pytest.raises(BadRequest, match="not empty"):
        home.create(made.folder, ed25519_name="a", mldsa44_name="b")


@pytest.mark.parametrize(("one", "two"), [("a", "a"), ("", "b"), ("a b", "c"), ("a", "b+c")])
def test_names_that_cannot_be(tmp_path: Path, one: str, two: str):
    with pytest.raises(BadRequest):
        home.create(tmp_path / "w", ed25519_name=one, mldsa44_name=two)
    assert not (tmp_path / "w").exists()


def test_a_log_is_added_once_and_its_memory_stays(made: WitnessHome):
    assert not home.add_log(made.folder, LOG_KEY.verifier.vkey)
    made.witness.add_checkpoint(request(0, 3).encode())
    assert home.add_log(made.folder, OTHER.vkey + "\n")
    again = home.open_home(made.folder)
    assert again.logs == (LOG_KEY.verifier, OTHER)
    with pytest.raises(WitnessError, match="3"):
        again.witness.add_checkpoint(request(0, 7).encode())


def test_a_second_key_of_a_log_may_sign(made: WitnessHome):
    newer = note.Signer(name=ORIGIN, private_key=private_key("newer"))
    assert home.add_log(made.folder, newer.verifier.vkey)
    witness = home.open_home(made.folder).witness
    assert witness.logs == {ORIGIN: (LOG_KEY.verifier, newer.verifier)}


@pytest.mark.parametrize("kind", ["nonsense", "witness"])
def test_what_is_no_log_is_not_added(made: WitnessHome, kind: str):
    vkey = "nonsense" if kind == "nonsense" else made.keys[0].vkey
    with pytest.raises(BadRequest):
        home.add_log(made.folder, vkey)
    assert home.open_home(made.folder).logs == made.logs


@pytest.mark.parametrize("name", ["witness.json", "ed25519.key", "mldsa44.key", "logs"])
def test_a_folder_that_is_not_whole_is_refused(made: WitnessHome, name: str):
    (made.folder / name).rename(made.folder / "away")
    with pytest.raises(NotInitialised):
        home.open_home(made.folder)
    (made.folder / name).write_bytes(b"nonsense")
    with pytest.raises(BadRequest):
        home.open_home(made.folder)


def test_keys_that_were_swapped_are_refused(made: WitnessHome):
    """Each file holds the kind of key that its name says."""
    (made.folder / "mldsa44.key").write_bytes((made.folder / "ed25519.key").read_bytes())
    with pytest.raises(BadRequest, match="expected mldsa44"):
        home.open_home(made.folder)


def test_no_folder_no_witness(tmp_path: Path):
    with pytest.raises(NotInitialised):
        home.open_home(tmp_path / "nothing")
    with pytest.raises(NotInitialised):
        home.add_log(tmp_path / "nothing", OTHER.vkey)


def test_the_policy_of_an_installation_names_its_witnesses(tmp_path: Path, made: WitnessHome):
    path = tmp_path / "policy"
    signer = CheckpointSigner(LOG_KEY, tmp_path / "signer" / "last")
    places = {
        "logs": (OTHER, LOG_KEY.verifier),
        "folder": tmp_path / "public",
        "memory": tmp_path / "witnessing",
        "open_signed": signer.open,
    }
    assert read_policy(path) is None
    assert cosigning_of(path, **places) is None  # type: ignore[arg-type]
    path.write_bytes(b"quorum none\n")
    assert cosigning_of(path, **places) is None  # type: ignore[arg-type]
    policy = policy_for({"http://127.0.0.1:1/": made}, 1)
    path.write_bytes(format_policy(policy))
    assert read_policy(path) == policy
    found = cosigning_of(path, **places)  # type: ignore[arg-type]
    assert found is not None
    found.close()
    for wrong, reason in (
        (b"nonsense\n", "nonsense"),
        (format_policy(policy).replace(b"http://127.0.0.1:1/", b"ftp://x/"), "address"),
        (format_policy(policy).replace(b" http://127.0.0.1:1/", b""), "cannot make the quorum"),
        (format_policy(policy_for({"http://x/": made}, 1, log=THIRD.vkey)), "does not list"),
    ):
        path.write_bytes(wrong)
        with pytest.raises(BadRequest, match=reason):
            cosigning_of(path, **places)  # type: ignore[arg-type]


def test_the_corruption_of_a_witness_is_an_alarm_not_an_answer(made: WitnessHome):
    """Who reads the log of the server learns which file; who asks over HTTP does not."""
    (made.folder / "state" / origin_digest(ORIGIN) / "latest").write_bytes(b"nonsense")
    witness: Witness = made.witness
    with pytest.raises(Corruption, match="latest"):
        witness.add_checkpoint(request(0, 3).encode())
