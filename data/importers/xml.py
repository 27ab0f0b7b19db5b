"""XML from strangers: parsed only after it has been shown to hold nothing but elements and text.

A first pass with expat builds nothing and stops at the first thing that is not allowed: a document
type (so no entity can be declared, expanded or fetched), too deep a nesting, too many elements.
Only then is the tree built, by a parser with entities, network and huge trees switched off.
"""

from __future__ import annotations

from xml.parsers import expat

from lxml import etree
from lxml.etree import _Element as Element

from data.importers.codes import RejectCode
from data.importers.report import RejectList

BYTES_MAX = 5_000_000
DEPTH_MAX = 40
ELEMENTS_MAX = 250_000  # 10,000 order lines of 25 elements fill the largest document
ATTRIBUTES_MAX = 64
XINCLUDE = "http://www.w3.org/2001/XInclude"


class _Stop(Exception):
    """Something that the first pass refuses."""

    def __init__(self, code: RejectCode, *, expected: str, got: str) -> None:
        super().__init__(code)
        self.code = code
        self.expected = expected
        self.got = got


class _Guard:
    """Handlers of the first pass: count, and stop at the first thing not allowed."""

    def __init__(self) -> None:
        self.depth = 0
        self.elements = 0

    def doctype(self, name: str, _system: object, _public: object, _internal: object) -> None:
        """Stop: a document type can declare entities."""
        raise _Stop(RejectCode.XML_DOCTYPE, expected="no DOCTYPE", got=f"DOCTYPE {name}")

    def start(self, _name: str, attributes: list[str]) -> None:
        """Count one element."""
        self.depth += 1
        self.elements += 1
        if self.depth > DEPTH_MAX:
            expected = f"at most {DEPTH_MAX} levels"
            raise _Stop(RejectCode.XML_TOO_DEEP, expected=expected, got="more")
        if self.elements > ELEMENTS_MAX or len(attributes) > 2 * ATTRIBUTES_MAX:
            expected = f"at most {ELEMENTS_MAX} elements, {ATTRIBUTES_MAX} attributes each"
            raise _Stop(RejectCode.XML_TOO_MANY_ELEMENTS, expected=expected, got="more")

    def end(self, _name: str) -> None:
        """Leave one element."""
        self.depth -= 1


def parse(data: bytes, rejects: RejectList) -> Element | None:
    """Return the root element, or None after adding a reject.

    Parameters
    ----------
    data
        The document as it came, at most `BYTES_MAX` bytes.
    rejects
        Gets one reject: FILE_EMPTY, FILE_TOO_LARGE, XML_DOCTYPE, XML_ENTITY, XML_TOO_DEEP,
        XML_TOO_MANY_ELEMENTS, XML_XINCLUDE or XML_MALFORMED.
    """
    if not data:
        rejects.add(RejectCode.FILE_EMPTY, expected="an XML document")
        return None
    if len(data) > BYTES_MAX:
        expected = f"at most {BYTES_MAX} bytes"
        rejects.add(RejectCode.FILE_TOO_LARGE, expected=expected, got=f"{len(data)} bytes")
        return None
    if not _passes_guard(data, rejects):
        return None
    try:
        root = etree.fromstring(data, _parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        rejects.add(RejectCode.XML_MALFORMED, expected="well-formed XML", got=str(error))
        return None
    for element in root.iter(f"{{{XINCLUDE}}}*"):
        place = f"line {element.sourceline}"
        rejects.add(RejectCode.XML_XINCLUDE, place=place, expected="no XInclude", got=element.tag)
        return None
    return root


def _passes_guard(data: bytes, rejects: RejectList) -> bool:
    guard = _Guard()
    parser = expat.ParserCreate()
    parser.ordered_attributes = True
    parser.StartDoctypeDeclHandler = guard.doctype
    parser.StartElementHandler = guard.start
    parser.EndElementHandler = guard.end
    try:
        parser.Parse(data, True)  # noqa: FBT003 (positional only)
    except _Stop as stop:
        place = f"line {parser.CurrentLineNumber}"
        rejects.add(stop.code, place=place, expected=stop.expected, got=stop.got)
        return False
    except expat.ExpatError as error:
        undefined = expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]
        code = RejectCode.XML_ENTITY if error.code == undefined else RejectCode.XML_MALFORMED
        place = f"line {error.lineno}, column {error.offset}"
        got = expat.ErrorString(error.code)
        rejects.add(code, place=place, expected="well-formed XML without entities", got=got)
        return False
    except (ValueError, LookupError) as error:  # an encoding that Python does not know
        rejects.add(RejectCode.XML_MALFORMED, expected="UTF-8", got=str(error))
        return False
    return True


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
