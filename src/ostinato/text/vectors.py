"""Pretrained word vectors for the words of a vocabulary."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ostinato._errors import ConfigError, DatasetError, ShapeError
from ostinato.text.vector_files import VectorFile, open_vectors

_EXACT, _LOWER, _ANY_CASE, _MISSING = range(4)  # how well a word of the file matches


@dataclass(frozen=True, eq=False)
class Vectors:
    """Vectors of a vocabulary, and how much of it the file had.

    Args:
        matrix: Vector of each word; of words that the file does not have, seeded normal noise with
            the mean and spread of the found ones.
        found: Whether the file had the word.
        coverage: Share of the vocabulary that was found.
        token_coverage: Share of the token occurrences that was found, if counts were given.

    Shape:
        matrix: ``(words, dim)``, float32.
        found: ``(words,)``, bool.
    """

    matrix: npt.NDArray[np.float32]
    found: npt.NDArray[np.bool_]
    coverage: float
    token_coverage: float | None

    @property
    def dim(self) -> int:
        """Width of a vector."""
        return int(self.matrix.shape[1])


def read_vectors(
    path: str | Path,
    vocabulary: Sequence[str],
    *,
    counts: npt.ArrayLike | None = None,
    embedding_size: int | None = None,
    seed: int = 0,
) -> Vectors:
    r"""Read the vectors of a vocabulary's words from a file of any usual format.

    The file is streamed; only vectors of words in the vocabulary are kept. A word that the file
    lacks takes the vector of its lower-case form, or else of the first word that differs in case
    only.

    Args:
        path: Text (GloVe; word2vec and fastText with a header) or word2vec binary, plain or
            ``.gz``, ``.bz2``, ``.xz``, ``.zst``, ``.zip``.
        vocabulary: Words, in the order of the rows wanted.
        counts: How often each word occurs, for ``token_coverage``.
        embedding_size: Width that the vectors must have; none for whatever the file has.
        seed: Seed of the noise for words that are not found.

    Returns:
        The vectors and their coverage.

    Raises:
        ConfigError: The file's width is not ``embedding_size``.
        DatasetError: The file is missing, damaged, or has none of the words.
        ShapeError: There are not as many counts as words.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "tiny.txt"
        >>> _ = path.write_text("good 1 2\nbad 3 4\n")
        >>> vectors = read_vectors(path, ["<unk>", "bad", "Good", "ugly"], counts=[1, 6, 2, 1])
        >>> vectors.matrix[1:3].tolist(), vectors.coverage, vectors.token_coverage
        ([[3.0, 4.0], [1.0, 2.0]], 0.5, 0.8)
    """
    path = Path(path)
    occurrences = None if counts is None else np.asarray(counts, np.float64)
    if occurrences is not None and occurrences.shape != (len(vocabulary),):
        raise ShapeError(
            "read_vectors: counts must have one number a word; "
            f"got shape {occurrences.shape} for {len(vocabulary)} words."
        )
    with open_vectors(path, embedding_size) as file:
        if embedding_size not in (None, file.dim):
            raise ConfigError(
                f"read_vectors: embedding_size must be the width of the vectors in {path.name}, "
                f"{file.dim}; got {embedding_size}. Set it to {file.dim}, or name another file."
            )
        matrix, found = _matched(file, vocabulary)
    if not found.any():
        raise DatasetError(
            f"read_vectors: {path} must have some word of the vocabulary; it has none of "
            f"{len(vocabulary)}. Check that both are of one language, and the kind of tokenizer."
        )
    _fill(matrix, found, seed)
    share = None if occurrences is None else float(occurrences @ found / max(occurrences.sum(), 1))
    return Vectors(matrix, found, float(found.mean()), share)


def words_of_vectors(path: str | Path, most: int) -> list[str]:
    """Return the first words of a file of vectors, which by custom are the most frequent ones.

    Args:
        path: As of `read_vectors`.
        most: Most words.

    Raises:
        DatasetError: The file is missing or damaged.
    """
    with open_vectors(Path(path), None) as file:
        return [
            entry[0].decode("utf-8", "ignore") for entry in itertools.islice(file.entries(), most)
        ]


def _fill(matrix: npt.NDArray[np.float32], found: npt.NDArray[np.bool_], seed: int) -> None:
    """Draw the vectors of words that were not found from the mean and spread of the others."""
    known = matrix[found].astype(np.float64)
    noise = np.random.default_rng(seed).standard_normal((int((~found).sum()), matrix.shape[1]))
    matrix[~found] = known.mean(axis=0) + known.std(axis=0) * noise


def _matched(
    file: VectorFile, vocabulary: Sequence[str]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    exact: dict[bytes, int] = {}
    by_lower: defaultdict[str, list[int]] = defaultdict(list)
    for row, word in enumerate(vocabulary):
        exact[word.encode("utf-8", "surrogatepass")] = row
        by_lower[word.lower()].append(row)
    matrix = np.zeros((len(vocabulary), file.dim), np.float32)
    match = np.full(len(vocabulary), _MISSING, np.int8)
    for entry in file.entries():
        same = exact.get(entry[0])
        if same is not None and match[same] != _EXACT:
            matrix[same] = file.numbers(entry)
            match[same] = _EXACT
        text = entry[0].decode("utf-8", "ignore")
        lower = text.lower()
        quality = _LOWER if text == lower else _ANY_CASE
        for row in by_lower.get(lower, ()):
            if quality < match[row]:
                matrix[row] = file.numbers(entry)
                match[row] = quality
    return matrix, match != _MISSING
