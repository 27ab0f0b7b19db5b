"""Tell Chinese from English, and notice when a query has a language that no document has."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_CHINESE = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_LATIN_WORD = re.compile("[A-Za-z]{2,}")
SHARE_MIN = 0.05  # of the documents; fewer in a language do not help


def language_of(text: str) -> str:
    """Return "zh", "en", or "" for a text without words.

    Two Chinese characters weigh as much as one English word: a Chinese text full of abbreviations
    stays Chinese.
    """
    chinese, words = len(_CHINESE.findall(text)), len(_LATIN_WORD.findall(text))
    if not chinese and not words:
        return ""
    return "zh" if chinese >= 2 * words else "en"


def strangers(
    queries: Sequence[tuple[str, str]], documents: Sequence[tuple[str, str]]
) -> dict[str, int]:
    """Return how many queries there are in each language that under 5 % of the documents have.

    Parameters
    ----------
    queries, documents
        (language or "", text); the language is told from the text where it is not given.
    """
    have = Counter(_primary(language) or language_of(text) for language, text in documents)
    asked = Counter(_primary(language) or language_of(text) for language, text in queries)
    return {
        language: count
        for language, count in sorted(asked.items())
        if language and have[language] < SHARE_MIN * len(documents)
    }


def _primary(tag: str) -> str:
    """Return the language of a tag: "zh" of "zh-CN"."""
    return tag.replace("_", "-").partition("-")[0].lower()
