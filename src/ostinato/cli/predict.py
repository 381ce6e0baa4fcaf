"""``ostinato predict``."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ostinato._errors import DatasetError
from ostinato.cli.console import show, show_json
from ostinato.tasks import Estimator, load

FILE_ENDINGS = (
    ".txt",
    ".csv",
    ".tsv",
    ".jsonl",
    ".ndjson",
    ".parquet",
    ".gz",
    ".bz2",
    ".xz",
    ".zst",
    ".conll",
    ".conllu",
)
MOST_AT_ONCE = 4096  # texts, so that standard input may be endless


def predict(
    run: Path,
    /,
    *inputs: str,
    text_column: str | None = None,
    json: bool = False,
) -> None:
    """Predict texts: given as arguments, in a file, or one a line on standard input.

    Args:
        run: Run folder.
        inputs: Texts; or one file: txt with a text a line, csv, tsv, jsonl or parquet; for a tagger
            also CoNLL columns and CoNLL-U.
        text_column: Column with the texts of a file; found by its name if not given.
        json: Print JSON Lines with all that the model says, probabilities too.
    """
    estimator = load(run)
    texts = iter(_inputs(estimator, inputs, text_column))
    size = 1  # the first answer at once, then more at a time
    while chunk := list(itertools.islice(texts, size)):
        size = min(2 * size, MOST_AT_ONCE)
        for row in estimator.explain(chunk):
            if json:
                show_json(row)
            else:
                show(estimator.line(row))


def _inputs(
    estimator: Estimator, inputs: tuple[str, ...], text_column: str | None
) -> Iterable[Any]:
    if not inputs:
        return _lines()
    if len(inputs) == 1 and _names_a_file(inputs[0]):
        return estimator.read_inputs(inputs[0], text_column=text_column)
    return inputs


def _names_a_file(text: str) -> bool:
    """Return whether a single argument is a file, or by its ending was meant to be one."""
    path = Path(text)
    try:
        return path.is_file() or (" " not in text and path.suffix.lower() in FILE_ENDINGS)
    except OSError:  # too long for a name
        return False


def _lines() -> Iterator[str]:
    try:
        for line in sys.stdin:
            yield line.rstrip("\n")
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"standard input: must be UTF-8; got byte {error.object[error.start]:#04x}. "
            "Convert it first, as with: iconv -f GB18030 -t UTF-8"
        ) from error
