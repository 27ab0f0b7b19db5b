"""G6: what a stranger's verification of one certificate takes, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.commands.bench.ledger_parts import Ratio, Setting
from api.commands.bench.ledger_writes import fresh_folder
from api.commands.frame import BadInput
from api.demo import deal
from api.demo.parties import Parties, enrol_operator, enrol_registrar, onboard
from api.services import certificates, imports, organisations, purchase_orders, records
from api.services.organisations import IdentifierView
from api.services.workspace import Workspace, initialise, registrar_vkey
from api.settings import Settings
from data.samples import SAMPLE_UBL
from data.samples.firms import fictional_uscc
from ledger.log.cosignature import Cosigner
from ledger.log.policy import Policy, PolicyGroup, PolicyLog, PolicyWitness
from ledger.log.policy_file import format_policy
from ledger.verification.certificate import from_json, to_json

LENDER = "BANK"
VERIFICATIONS = 50

_CHILD = """
import json, resource, sys, time
from dataclasses import replace
from pathlib import Path
from ledger.log.note import parse_vkey
from ledger.log.policy_file import parse_policy
from ledger.verification.certificate import from_json
from ledger.verification.verify import Trust, verify
data, policy, root, times = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
trust = Trust(registrar_root=parse_vkey(root).public_key, policy=parse_policy(policy.read_bytes()))
raw, found = data.read_bytes(), []
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for _ in range(times):
    started = time.process_time()  # work of the processor alone, whatever else runs
    verdict = verify(from_json(raw), trust)
    found.append(1000 * (time.process_time() - started))
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
foreign = sorted({name.partition(".")[0] for name in sys.modules} & {"api", "data", "matching"})
found.sort()
print(json.dumps({"ms": found[len(found) // 2], "mb": (after - before) / 1024, "foreign": foreign}))
"""
"""What the verifier's process runs; it imports nothing of ours but the verifier."""


def g6(setting: Setting) -> list[Ratio]:
    """Verify the certificate of an order with a chain of ten entries and two cosignatures."""
    setting.say("G6 a certificate")
    folder = fresh_folder(setting, "g6")
    settings = Settings(home=folder / "home", database_url="", origin="bench.example/ledger")
    parties = Parties(folder / "parties")
    workspace = initialise(settings, registrar_vkey=parties.make_registrar())
    try:
        data, policy = _certificate(workspace, parties)
        root = registrar_vkey(workspace)
    finally:
        workspace.close()
    (folder / "certificate").write_bytes(data)
    (folder / "policy").write_bytes(format_policy(policy))
    ran = subprocess.run(  # noqa: S603 (our own words)
        [
            sys.executable,
            "-c",
            _CHILD,
            str(folder / "certificate"),
            str(folder / "policy"),
            root,
            str(VERIFICATIONS),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=_root(),
    )
    if ran.returncode != 0:
        last = ran.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise BadInput(f"The certificate does not verify: {last[0]}")
    answer = json.loads(ran.stdout)
    if answer["foreign"]:
        raise BadInput(f"The verifier imports {', '.join(answer['foreign'])}.")
    entries = len(from_json(data).entries)
    return [
        _most(f"certificate of {entries} entries / 10 ms", answer["ms"], 10.0, "ms"),
        _most("memory that verifying adds / 2 MB", answer["mb"], 2.0, "MB"),
    ]


def _certificate(workspace: Workspace, parties: Parties) -> tuple[bytes, Policy]:
    """Return a funded order's certificate under two cosignatures, and the policy that asks them."""
    enrol_registrar(workspace, parties)
    enrol_operator(workspace, parties, uscc=fictional_uscc(99_001))
    report = imports.import_path(workspace, SAMPLE_UBL / "order-good.xml")
    found = purchase_orders.get(workspace, str(report.purchase_order_id))
    onboard(workspace, parties, [str(found.buyer_id), str(found.seller_id)])
    order = deal.register(workspace, parties, found.id)
    identifiers = [IdentifierView(scheme="uscc", value=fictional_uscc(80_000))]
    organisations.put(workspace, LENDER, kind="lender", name=LENDER, identifiers=identifiers)
    onboard(workspace, parties, [LENDER])
    deal.enter(workspace, parties, "policy.set", lender=LENDER)
    room = records.get_order(workspace, order).headroom[0].headroom_minor // 2
    claim = deal.request(workspace, parties, order, room)
    deal.reserve(workspace, parties, claim, lender=LENDER, amount_minor=room, rate_bps=400)
    deal.pledge(workspace, parties, claim)
    deal.fund(workspace, parties, claim)
    deal.repay(workspace, parties, claim)
    data = certificates.build(workspace, order)
    cosigners = [
        Cosigner(name=name, private_key=Ed25519PrivateKey.generate())
        for name in ("first.example/witness", "second.example/witness")
    ]
    return _cosigned(data, cosigners), _policy(workspace, cosigners)


def _cosigned(data: bytes, cosigners: list[Cosigner]) -> bytes:
    certificate = from_json(data)
    note = certificate.checkpoint
    text = note.rpartition("\n\n")[0] + "\n"
    lines = b"".join(one.cosign(text, time_s=1_800_000_000) for one in cosigners)
    return to_json(replace(certificate, checkpoint=note + lines.decode()))


def _policy(workspace: Workspace, cosigners: list[Cosigner]) -> Policy:
    witnesses = tuple(
        PolicyWitness(name=f"w{at}", key=one.verifier) for at, one in enumerate(cosigners)
    )
    group = PolicyGroup(name="both", threshold=2, members=tuple(one.name for one in witnesses))
    return Policy(
        logs=(PolicyLog(key=workspace.keys.log.verifier),),
        witnesses=witnesses,
        groups=(group,),
        quorum=group.name,
    )


def _root() -> Path:
    """Return the folder from which the packages are imported."""
    return Path(__file__).resolve().parents[3]


def _most(what: str, ours: float, limit: float, unit: str) -> Ratio:
    return Ratio(
        goal="G6",
        what=what,
        ours=ours,
        other=limit,
        unit=unit,
        wanted=1.0,
        least=False,
        database="none",
    )
