"""Tokenizers and encoded columns kept in the cache, keyed on content and settings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from ostinato._doing import doing
from ostinato._rules import is_tokenizer_file
from ostinato.data.ragged import Ragged
from ostinato.datasets.cache import cached
from ostinato.text.splitters import make_splitter
from ostinato.text.tokenizer import Tokenizer, signature

_VERSION = 1  # of the files in the cache
_COLUMN = "ids.arrow"


def fit_cached(
    fingerprint: str,
    texts: Iterable[str],
    *,
    kind: str | Path = "word",
    lowercase: bool = True,
    min_freq: int = 10,
    max_size: int | None = None,
) -> Tokenizer:
    """Do what `Tokenizer.fit` does, or load what it gave for these texts and settings before.

    The training texts are encoded in the same pass, so that `encode_cached` finds their ids.

    Args:
        fingerprint: Digest of the texts' content.
        texts: Training texts; not read if the cache has the answer.
        kind: As of `Tokenizer.fit`, like the rest.
        lowercase: Lower-case the tokens.
        min_freq: Keep tokens that occur this often.
        max_size: Most entries of the vocabulary.

    Returns:
        The fitted tokenizer.
    """
    if is_tokenizer_file(kind):
        return Tokenizer.fit(texts, kind=kind)

    def make(folder: Path) -> None:
        doing("building the vocabulary")
        tokenizer, column = Tokenizer.fit_encode(
            texts, kind=kind, lowercase=lowercase, min_freq=min_freq, max_size=max_size
        )
        tokenizer.save(folder)
        key = _digest(tokenizer.fingerprint, fingerprint)
        cached("encoded", key, lambda encoded: column.save(encoded / _COLUMN))

    cuts = signature(make_splitter(str(kind), lowercase=lowercase))
    return Tokenizer.load(cached("tokenizer", _digest(fingerprint, cuts, min_freq, max_size), make))


def encode_cached(tokenizer: Tokenizer, fingerprint: str, texts: Iterable[str]) -> Ragged:
    """Do what ``tokenizer.encode`` does, or map what it gave before into memory.

    Args:
        tokenizer: A fitted tokenizer.
        fingerprint: Digest of the texts' content.
        texts: Texts; not read if the cache has the answer.

    Returns:
        The column of ids, memory-mapped.
    """
    key = _digest(tokenizer.fingerprint, fingerprint)

    def make(folder: Path) -> None:
        doing("cutting texts into tokens")
        tokenizer.encode(texts).save(folder / _COLUMN)

    return Ragged.load(cached("encoded", key, make) / _COLUMN)


def _digest(*parts: str | int | None) -> str:
    return hashlib.sha256(json.dumps([_VERSION, *parts], default=int).encode()).hexdigest()
