"""Blind review: names are covered in every spelling, and what still tells is found."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.technology.opencall.masking import MASK, LeakKind, leaks, mask

NAMES = ("临澄理工大学", "储能材料课题组", "Lincheng University of Technology", "LUT-7")


@pytest.mark.parametrize(
    "text",
    [
        "由临澄理工大学完成",
        "由临澄 理工　大学完成",
        "by LINCHENG  university-of-technology in 2024",
        "ＬＵＴ－７ ran the tests",
        "lut 7 ran the tests",
    ],
)
def test_names_are_covered_in_any_spelling(text):
    """Width, case, spaces and punctuation do not hide a name."""
    masked = mask(text, NAMES)

    assert MASK in masked
    assert len(masked) == len(text)
    assert not leaks(masked, NAMES)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("联系 li@lab.example.org", LeakKind.EMAIL),
        ("见 https://lab.example.org/paper", LeakKind.URL),
        ("电话 13800001234", LeakKind.PHONE),
        ("0512-5551234", LeakKind.PHONE),
        ("ORCID 0000-0002-1825-0097", LeakKind.ORCID),
        ("专利 CN 114567890 A 所述", LeakKind.PATENT),
        ("在云岫工业技术研究院试制", LeakKind.INSTITUTION),
        ("tested at Songlan Institute", LeakKind.INSTITUTION),
        ("at the University of Beilu", LeakKind.INSTITUTION),
        ("我校拥有中试线", LeakKind.SELF),
        ("as our previous work shows", LeakKind.SELF),
        ("由储能材料课题组完成", LeakKind.NAME),
    ],
)
def test_each_way_of_telling_is_found(text, kind):
    """A leak names its kind and quotes its characters."""
    found = leaks(text, NAMES)

    assert kind in {one.kind for one in found}
    assert all(text[one.start : one.end] == one.quote for one in found)


@pytest.mark.parametrize(
    "text",
    [
        "采用原子层沉积包覆，循环 800 次，由第三方检测实验室测试。",
        "We coat by atomic layer deposition; an institute tests 2,000 samples by 2027.",
        "电阻 15 Ω·cm²，温度 138 ℃，序号 2024-001。",
    ],
)
def test_a_plain_route_tells_nothing(text):
    """Numbers, methods and words for institutions in general are no leaks."""
    assert leaks(text, NAMES) == ()


def test_a_short_name_inside_a_word_is_no_name():
    """'LUT-7' does not stand in 'solut7ion', nor 'ion' in 'solution'."""
    assert leaks("a solution of ions", ("ion",)) == ()
    assert [one.quote for one in leaks("the ion group", ("ion",))] == ["ion"]


@settings(max_examples=60)
@given(before=st.text(max_size=30), after=st.text(max_size=30), name=st.sampled_from(NAMES))
def test_no_name_survives_the_mask(before, after, name):
    """Wherever a name stands, the masked text no longer tells it."""
    text = f"{before} {name} {after}"

    assert not [one for one in leaks(mask(text, NAMES), NAMES) if one.kind is LeakKind.NAME]
