"""Tell Chinese from English, and notice when a query has a language that no document has."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_CHINESE = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_LATIN_WORD = re.compile("[A-Za-z]{2,}")
LANGUAGES = ("zh", "en")  # what is told apart
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tongues:
    """Which share of each target's texts is in which language; shape (targets,) each.

    `plain` is the share of texts without words, which are in every language.
    """

    shares: Mapping[str, NDArray[np.float32]]
    plain: NDArray[np.float32]

    def weights_of_meaning(self, tag: str) -> NDArray[np.float32]:
        """Return how much meaning counts for each target when it is asked in a language.

        1 for a target all of whose texts have the language, up to 2 for one that has none: where
        no word can be shared, meaning speaks for words as well. 1 for an unknown language.
        """
        language = _primary(tag)
        if not language:
            return np.ones_like(self.plain)
        return 2 - self.plain - self.shares.get(language, np.zeros_like(self.plain))

    def joined(self, other: Tongues) -> Tongues:
        """Return these targets with others behind them."""
        nobody, none = np.zeros_like(self.plain), np.zeros_like(other.plain)
        return Tongues(
            shares={
                name: np.concatenate([self.shares.get(name, nobody), other.shares.get(name, none)])
                for name in {*self.shares, *other.shares}
            },
            plain=np.concatenate([self.plain, other.plain]),
        )


def tongues(texts: Sequence[tuple[str, str]]) -> Tongues:
    """Return the languages of targets in the order in which they appear first.

    Parameters
    ----------
    texts
        (target, text), at least one.
    """
    place = {name: at for at, name in enumerate(dict.fromkeys(name for name, _ in texts))}
    owners = np.array([place[name] for name, _ in texts], dtype=np.int64)
    told = np.array([language_of(text) for _, text in texts])
    every = np.bincount(owners)
    found = {
        language: (np.bincount(owners[told == language], minlength=len(place)) / every).astype(
            np.float32
        )
        for language in ("", *LANGUAGES)
    }
    plain = found.pop("")
    return Tongues(shares=found, plain=plain)


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
