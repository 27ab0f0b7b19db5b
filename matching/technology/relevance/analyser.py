"""Split Chinese and English text into terms that two texts can share.

Every character is folded on its own (compatibility forms, full width, case, accents), so that each
term knows the characters of the stored text that it came from. A run of Chinese characters gives
its overlapping pairs, which need no dictionary, and its single characters, since many name a kind
of thing by themselves (药, 机, 铁); other letters give words without their plural endings, and
pairs of words that stand side by side; numbers stay, and once more together with their unit.

Terms are 64-bit keys rather than strings: counting 50,000 texts is then a sort of integers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from matching.technology.relevance.units import UNIT_PATTERN

Keys = NDArray[np.int64]
Mask = NDArray[np.bool_]

CODE_POINT_BITS = 21
SEPARATOR = "\x00"  # between texts; folded like a space inside one
CHINESE = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0xF900, 0xFAFF), (0x20000, 0x323AF))
_NUMBER = re.compile(rf"(\d+(?:\.\d+)?)(?:\s?({UNIT_PATTERN})(?![a-zα-ω]))?")
# English words that say nothing about a field; a text in two languages hides how common they are
_EMPTY = """
a an and are as at be been but by can do does for from has have if in into is it its may more must
no nor not of on or our out over so such than that the their them then there these they this those
to under up was we were what when where which while who will with within without would you your
"""
EMPTY_WORDS = frozenset(_EMPTY.split())
PACKED_LETTERS = 12  # five bits for each letter a..z of a word that packs into 60 bits
WORD_BITS = 31  # of a word's number inside the key of a pair
WORDS_FROM = -(1 << WORD_BITS) + 1  # the least key of a word; those of pairs are less
JOINTS = (ord(" "), ord("-"), ord("\n"))  # what may stand between the two words of a pair


class _Fold(dict[int, str]):
    """Code point → what it stands for in a term; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        parts = unicodedata.normalize("NFKD", chr(code)).lower()
        folded = "".join(char for char in parts if not unicodedata.combining(char))
        self[code] = folded
        return folded


_FOLD = _Fold({0: " "})


def fold(text: str) -> str:
    """Return a text with every character in its plain form: NFKD, no accents, lower case."""
    return text.translate(_FOLD)


def stem(word: str) -> str:
    """Return an English word without its plural ending.

    References
    ----------
    Harman (1991), How effective is suffixing?, JASIS 42(1), the S stemmer; here "es" goes as a
    whole behind a sibilant, so that "processes" meets "process".
    """
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("es") and word[-3] in "sxzh":
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and word[-2] not in "su":
        return word[:-1]
    return word


class Lexicon:
    """The words of an index and their keys; it grows while an index is fitted, then stands still.

    A pair of Chinese characters is its own key (positive). A word gets the next negative number, a
    pair of words is made of the two, below -2^31.
    """

    def __init__(self) -> None:
        self._keys: dict[str, int] = {}
        self._stems: dict[str, str] = {}
        self._words: list[str] = []

    def key(self, word: str, *, grow: bool) -> int:
        """Return the key of a word; 0 for an empty word, and for a new one without `grow`."""
        if word in EMPTY_WORDS:
            return 0
        stemmed = self._stems.get(word)
        if stemmed is None:
            stemmed = stem(word)
            if grow:
                self._stems[word] = stemmed
        found = self._keys.get(stemmed)
        if found is None:
            if not grow:
                return 0
            self._words.append(stemmed)
            found = self._keys[stemmed] = -len(self._words)
        return found

    def word(self, key: int) -> str:
        """Return the term of a key, as text; the two words of a pair are joined by a line."""
        if key > 0:
            first, second = key >> CODE_POINT_BITS, key & ((1 << CODE_POINT_BITS) - 1)
            return chr(first) + (chr(second) if second else "")
        first, second = -key >> WORD_BITS, -key & ((1 << WORD_BITS) - 1)
        return f"{self.word(-first)}_{self.word(-second)}" if first else self._words[second - 1]

    def __len__(self) -> int:
        return len(self._keys)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Terms:
    """The terms of texts, in order of the texts, not of their places within one.

    Parameters
    ----------
    keys
        Shape (terms,).
    texts
        The index of the text that each term stands in, shape (terms,).
    starts, ends
        Characters of the folded, joined text from which and before which it stands, shape (terms,).
    """

    keys: Keys
    texts: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


def analyse(
    texts: Sequence[str], lexicon: Lexicon, *, grow: bool, characters: bool = True
) -> Terms:
    """Return the terms of some texts.

    Parameters
    ----------
    grow
        Whether the lexicon takes up unknown words; else they are left out.
    characters
        Whether Chinese characters that stand beside others are terms of their own as well.
    """
    joined = SEPARATOR.join(fold(text) for text in texts)
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    chinese = np.zeros(len(codes), dtype=bool)
    for least, most in CHINESE:
        chinese |= (codes >= least) & (codes <= most)
    words = _words(joined, codes, chinese, lexicon, grow=grow)
    found = (
        _chinese(codes, chinese, characters=characters),
        words,
        _word_pairs(codes, *words),
        _numbers(joined, lexicon, grow=grow),
    )
    keys, starts, ends = (np.concatenate(parts) for parts in zip(*found, strict=True))
    known = keys != 0
    starts = starts[known]
    return Terms(
        keys=keys[known],
        texts=np.searchsorted(np.flatnonzero(codes == 0), starts),
        starts=starts,
        ends=ends[known],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A term at its place: characters `start`..`end` - 1 of the text as it is stored."""

    key: int
    start: int
    end: int


def tokens(text: str, lexicon: Lexicon) -> tuple[Token, ...]:
    """Return the known terms of one text with their places, in reading order."""
    pieces = [_FOLD[ord(char)] for char in text]
    places = np.repeat(np.arange(len(pieces)), [len(piece) for piece in pieces])
    found = analyse([text], lexicon, grow=False)
    order = np.lexsort((found.ends, found.starts))
    return tuple(
        Token(key=int(key), start=int(places[start]), end=int(places[end - 1]) + 1)
        for key, start, end in zip(
            found.keys[order], found.starts[order], found.ends[order], strict=True
        )
    )


@lru_cache(maxsize=50_000)
def plain_terms(text: str) -> frozenset[str]:
    """Return the terms of a short text as words, without an index and without single characters.

    A character in common may join any two short texts; it takes a word.
    """
    lexicon = Lexicon()
    keys = analyse([text], lexicon, grow=True, characters=False).keys
    return frozenset(lexicon.word(int(key)) for key in keys)


def _chinese(
    codes: NDArray[np.uint32], chinese: Mask, *, characters: bool
) -> tuple[Keys, Keys, Keys]:
    """Return keys, starts and ends of the Chinese terms of a joined text."""
    after = np.append(chinese[1:], False)
    before = np.append(False, chinese[:-1])
    wide = codes.astype(np.int64)
    starts = np.flatnonzero(chinese & after)
    keys = (wide[starts] << CODE_POINT_BITS) | wide[starts + 1]
    lone = ~after & ~before
    single = np.flatnonzero(chinese & (lone | characters))
    return (
        np.concatenate([keys, wide[single] << CODE_POINT_BITS]),
        np.concatenate([starts, single]),
        np.concatenate([starts + 2, single + 1]),
    )


def _words(
    joined: str, codes: NDArray[np.uint32], chinese: Mask, lexicon: Lexicon, *, grow: bool
) -> tuple[Keys, Keys, Keys]:
    """Return keys, starts and ends of the words of a joined text; key 0 for unknown ones."""
    letters = _letters()[np.minimum(codes, 0xFFFF)] & ~chinese
    edges = np.diff(np.concatenate([[False], letters, [False]]).astype(np.int8))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    packed = _pack(codes, starts, ends)
    _, first, inverse = np.unique(packed, return_index=True, return_inverse=True)
    known = [lexicon.key(joined[starts[one] : ends[one]], grow=grow) for one in first]
    keys = np.array(known, dtype=np.int64)[inverse] if known else np.zeros(0, dtype=np.int64)
    for one in np.flatnonzero(packed == 0):
        keys[one] = lexicon.key(joined[starts[one] : ends[one]], grow=grow)
    return keys, starts, ends


def _word_pairs(
    codes: NDArray[np.uint32], keys: Keys, starts: Keys, ends: Keys
) -> tuple[Keys, Keys, Keys]:
    """Return keys, starts and ends of words side by side, both of which are terms."""
    beside = (starts[1:] - ends[:-1] == 1) & (keys[:-1] < 0) & (keys[1:] < 0)
    first = np.flatnonzero(beside)
    first = first[np.isin(codes[ends[first]], JOINTS)]
    made = -((-keys[first] << WORD_BITS) | -keys[first + 1])
    return made, starts[first], ends[first + 1]


def _pack(codes: NDArray[np.uint32], starts: Keys, ends: Keys) -> Keys:
    """Return short words of a..z as one number each, 0 for all others."""
    packed, lengths = np.zeros(len(starts), dtype=np.int64), ends - starts
    fits = lengths <= PACKED_LETTERS
    for place in range(PACKED_LETTERS):
        has = np.flatnonzero(fits & (lengths > place))
        letter = codes[starts[has] + place].astype(np.int64) - 96
        plain = (letter >= 1) & (letter <= 26)
        fits[has[~plain]] = False
        packed[has[plain]] |= letter[plain] << (5 * place)
    packed[~fits] = 0
    return packed


def _numbers(joined: str, lexicon: Lexicon, *, grow: bool) -> tuple[Keys, Keys, Keys]:
    """Return keys, starts and ends of numbers, and of numbers with their units."""
    found = [
        term
        for match in _NUMBER.finditer(joined)
        for term in _number_terms(match, lexicon, grow=grow)
    ]
    columns = np.array(found, dtype=np.int64).reshape(-1, 3)
    return columns[:, 0], columns[:, 1], columns[:, 2]


def _number_terms(
    match: re.Match[str], lexicon: Lexicon, *, grow: bool
) -> Iterator[tuple[int, int, int]]:
    number, unit = match.groups()
    yield lexicon.key(number, grow=grow), match.start(1), match.end(1)
    if unit is not None:
        yield lexicon.key(number + unit, grow=grow), match.start(), match.end()


@cache
def _letters() -> Mask:
    """Return which code points of the basic plane are letters."""
    return np.array([chr(code).isalpha() for code in range(0x10000)])
