from __future__ import annotations

import pytest

from data.importers.codes import WAYS_OUT, RejectCode
from data.importers.report import (
    REJECTS_MAX,
    DocumentRefused,
    Imported,
    Reject,
    RejectList,
    is_plain_text,
    shown,
)


@pytest.mark.parametrize("code", list(RejectCode))
def test_every_code_has_a_way_out_in_both_languages(code):
    assert WAYS_OUT[code]["en"].endswith(".")
    assert WAYS_OUT[code]["zh-CN"].endswith("。")


def test_a_reject_reads_as_one_line():
    reject = Reject(
        code=RejectCode.OUT_OF_RANGE,
        file="orders.csv",
        place="line 7",
        field="quantity",
        expected="1 to 10",
        got="0",
    )

    assert reject.render() == (
        "OUT_OF_RANGE: orders.csv · line 7 · quantity: expected 1 to 10, got 0. Correct the value."
    )
    assert reject.render("zh-CN").endswith("应为 1 to 10，实为 0. 请更正该数值。")


def test_an_import_has_a_value_or_rejects_never_both_or_neither():
    reject = Reject(code=RejectCode.NO_ROWS, file="f")

    with pytest.raises(ValueError, match="either a value or rejects"):
        Imported(value=1, rejects=(reject,), total_rejects=1)
    with pytest.raises(ValueError, match="either a value or rejects"):
        Imported(value=None)
    with pytest.raises(ValueError, match="0 rejects in all"):
        Imported(value=None, rejects=(reject,), total_rejects=0)


def test_a_refused_document_raises_with_all_rejects_when_it_is_required():
    rejects = RejectList("f.csv")
    rejects.add(RejectCode.NO_ROWS)
    rejects.add(RejectCode.NO_ROWS)

    with pytest.raises(DocumentRefused, match=r"NO_ROWS: f\.csv.*and 1 more") as caught:
        rejects.outcome(None).required()

    assert caught.value.total == 2
    assert RejectList("f").outcome(5).required() == 5


def test_rejects_beyond_the_limit_are_counted_not_kept():
    rejects = RejectList("f.csv")
    for _ in range(REJECTS_MAX + 7):
        rejects.add(RejectCode.NO_ROWS)

    outcome = rejects.outcome(None)

    assert len(outcome.rejects) == REJECTS_MAX
    assert outcome.total_rejects == REJECTS_MAX + 7
    assert not outcome.accepted


def test_what_is_shown_is_short_and_has_no_control_characters():
    assert shown("a\x00b\u202ec") == "a\\u0000b\\u202ec"
    assert len(shown("x" * 10_000)) == 81


@pytest.mark.parametrize("text", ["a\tb", "a\nb", "\x7f", "a\u202eb", "\ud800", "\u2028", "\ue000"])
def test_controls_and_direction_changes_are_not_plain(text):
    assert not is_plain_text(text)


@pytest.mark.parametrize("text", ["", "abc", "织链 Parkloom·ø", "全角　空格", "🙂"])
def test_letters_of_any_language_are_plain(text):
    assert is_plain_text(text)
