"""Section 7 of the page on capacity says what the checker does: its example and table are read."""

from __future__ import annotations

import json
import re
from pathlib import Path

from data.exporters.bundle import write_bundle
from data.exporters.certificate import certificate_bytes
from matching import certificate
from matching.capacity.check import CODES
from matching.capacity.plan import Price
from matching.certificate.__main__ import PROVED, main
from tests.docs import test_capacity_page as page
from tests.support.certificates import make_certificate

PROOF = [
    1,
    [[512, [["F1", 2, 1000]]]],
    [[-1, 0, "offer", 1, 1, "F1"], [0, 1, "minutes", 1, 1, "F1", 1, 29], [1, 0, "under", 1]],
]


def test_the_certificate_is_byte_for_byte_what_is_written():
    price = Price(offer_id="F1", week=2, millifen_per_minute=1000)
    made = make_certificate(page.problem(), page.plan(), (price,), {"O1": [PROOF]}, cells=64)

    assert certificate_bytes(made) == page.example("certificate.json")


def test_the_certificate_of_the_page_is_proved(tmp_path, capsys):
    write_bundle(tmp_path / "bundle", page.problem())
    file = tmp_path / "certificate.json"
    file.write_bytes(page.example("certificate.json"))

    assert main([str(file), str(tmp_path / "bundle"), "--json"]) == PROVED
    assert json.loads(capsys.readouterr().out)["computed_bound_fen"] == 80_998


def test_every_code_of_the_checker_is_on_the_page():
    """Codes are the first texts of `require`, `NotProved` and `_hold` in the checker's sources."""
    folder = Path(certificate.__file__).parent
    source = "\n".join(path.read_text("utf-8") for path in sorted(folder.glob("*.py")))
    raised = {*re.findall(r'NotProved\(\s*"([a-z-]+)"', source)}
    raised |= {*re.findall(r'(?:require|_hold)\([^"\n]*?, "([a-z-]+)",', source)}
    named = {code for row in page.table(7) for code in re.findall(r"`([a-z-]+)`", row[0])}

    assert {"price", "bound", "digest", "capacity"} <= raised
    assert raised <= named | set(CODES)
