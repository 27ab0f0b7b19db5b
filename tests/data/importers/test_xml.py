"""XML from strangers: every known trick is refused, quickly and by name."""

from __future__ import annotations

import time

import pytest

from data.importers.codes import RejectCode
from data.importers.report import RejectList
from data.importers.xml import BYTES_MAX, parse

BILLION_LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1 or str()};" * 10}">' for n in range(1, 10))
    + "]><Order>&lol9;</Order>"
)
QUADRATIC = f'<!DOCTYPE a [<!ENTITY a "{"a" * 100_000}">]><Order>{"&a;" * 10_000}</Order>'
BOMBS = {
    "billion laughs": (BILLION_LAUGHS, RejectCode.XML_DOCTYPE),
    "quadratic blow-up": (QUADRATIC, RejectCode.XML_DOCTYPE),
    "in an attribute": (
        '<!DOCTYPE a [<!ENTITY a "xx">]><Order b="&a;"/>',
        RejectCode.XML_DOCTYPE,
    ),
    "external entity": (
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><Order>&x;</Order>',
        RejectCode.XML_DOCTYPE,
    ),
    "external type": (
        '<!DOCTYPE Order SYSTEM "http://127.0.0.1:9/evil.dtd"><Order/>',
        RejectCode.XML_DOCTYPE,
    ),
    "parameter entity": (
        '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]><Order/>',
        RejectCode.XML_DOCTYPE,
    ),
    "plain type": ("<!DOCTYPE Order><Order/>", RejectCode.XML_DOCTYPE),
    "undeclared entity": ("<Order>&nbsp;</Order>", RejectCode.XML_ENTITY),
    "inclusion": (
        '<Order><i:include xmlns:i="http://www.w3.org/2001/XInclude" href="/etc/passwd"/></Order>',
        RejectCode.XML_XINCLUDE,
    ),
    "deep nesting": ("<a>" * 100_000 + "</a>" * 100_000, RejectCode.XML_TOO_DEEP),
    "many elements": ("<a>" + "<b/>" * 260_000 + "</a>", RejectCode.XML_TOO_MANY_ELEMENTS),
    "many attributes": (
        "<a " + " ".join(f'b{n}="1"' for n in range(5_000)) + "/>",
        RejectCode.XML_TOO_MANY_ELEMENTS,
    ),
    "too large": ("<a>" + " " * BYTES_MAX + "</a>", RejectCode.FILE_TOO_LARGE),
    "not closed": ("<Order><a></Order>", RejectCode.XML_MALFORMED),
    "cut short": ("<Order><a>12", RejectCode.XML_MALFORMED),
    "two roots": ("<Order/><Order/>", RejectCode.XML_MALFORMED),
    "no XML": ("PK\x03\x04", RejectCode.XML_MALFORMED),
    "NUL": ("<Order>\x00</Order>", RejectCode.XML_MALFORMED),
    "undeclared prefix": ("<cbc:Order/>", RejectCode.XML_MALFORMED),
    "unknown encoding": ('<?xml version="1.0" encoding="x-9"?><Order/>', RejectCode.XML_MALFORMED),
    "empty": ("", RejectCode.FILE_EMPTY),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_quickly_and_by_name(name):
    text, code = BOMBS[name]
    rejects = RejectList("bomb.xml")
    started = time.process_time()

    root = parse(text.encode(), rejects)

    assert root is None
    assert [reject.code for reject in rejects] == [code]
    assert time.process_time() - started < 5


def test_a_bomb_in_another_encoding_is_refused_too():
    """Scanning the bytes for a DOCTYPE would miss this one."""
    text = '<?xml version="1.0" encoding="UTF-16"?>' + BILLION_LAUGHS
    rejects = RejectList("bomb.xml")

    assert parse(text.encode("utf-16"), rejects) is None
    assert [reject.code for reject in rejects] == [RejectCode.XML_DOCTYPE]


def test_comments_and_instructions_leave_no_trace():
    rejects = RejectList("order.xml")

    root = parse(b"<?style x?><Order><a>12<!-- cut -->34<?here?>5</a></Order>", rejects)

    assert root is not None
    assert [child.text for child in root] == ["12345"]
    assert not rejects


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_usual_encodings_are_read(encoding):
    rejects = RejectList("order.xml")
    declared = "UTF-16" if encoding == "utf-16" else "UTF-8"
    text = f'<?xml version="1.0" encoding="{declared}"?><Order>织链</Order>'

    root = parse(text.encode(encoding), rejects)

    assert root is not None
    assert root.text == "织链"
