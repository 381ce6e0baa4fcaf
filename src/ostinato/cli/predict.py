"""``ostinato predict``."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from ostinato._config import check_names
from ostinato._errors import ConfigError, DatasetError
from ostinato.cli.console import show, show_json
from ostinato.cli.stream import listen
from ostinato.tasks import HOT, Estimator, load

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
    audio_column: str | None = None,
    beam_width: int | None = None,
    n_best: int | None = None,
    hot_words: tuple[str, ...] = (),
    on_error: Literal["raise", "skip"] | None = None,
    stream: bool = False,
    sample_rate_hz: int | None = None,
    json: bool = False,
) -> None:
    """Predict texts or recordings: arguments, a file, or one a line on standard input.

    Args:
        run: Run folder.
        inputs: Texts; or one file: txt with a text a line, csv, tsv, jsonl or parquet; for a tagger
            also CoNLL columns and CoNLL-U; for a recogniser sound files, folders or manifests.
        text_column: Column with the texts of a file; found by its name if not given.
        audio_column: Column with the paths of a manifest; found by its name if not given.
        beam_width: For a recogniser: hypotheses kept at each step; 1 takes the likeliest each time.
        n_best: For a recogniser: how many texts to tell, with their probabilities.
        hot_words: For a recogniser: words to expect; once for each.
        on_error: For a recogniser: stop at a recording that cannot be read, or answer with the error.
        stream: For a recogniser: hear raw 16-bit samples, one channel, on standard input, and write
            along.
        sample_rate_hz: Rate of that stream; that of the training recordings if not given.
        json: Print JSON Lines with all that the model says, probabilities too.
    """
    estimator = load(run)
    asked = {
        "beam_width": beam_width,
        "n_best": n_best,
        "hot_words": dict.fromkeys(hot_words, HOT) or None,
        "on_error": on_error,
    }
    options = {name: value for name, value in asked.items() if value is not None}
    if stream:
        listen(estimator, inputs, sample_rate_hz, options, as_json=json)
        return
    if sample_rate_hz is not None:
        raise ConfigError("--sample-rate-hz: is for --stream; a sound file tells its own rate.")
    check_names(options, dict.fromkeys(estimator.options), f"predict: a {estimator.task} run")
    explain: Any = estimator.explain
    columns = {"text_column": text_column, "audio_column": audio_column}
    examples = iter(_inputs(estimator, inputs, {k: v for k, v in columns.items() if v}))
    size = 1  # the first answer at once, then more at a time
    while chunk := list(itertools.islice(examples, size)):
        size = min(2 * size, MOST_AT_ONCE)
        for row in explain(chunk, **options):
            if json:
                show_json(row)
            else:
                show(estimator.line(row))


def _inputs(
    estimator: Estimator, inputs: tuple[str, ...], columns: Mapping[str, str]
) -> Iterable[Any]:
    if not inputs:
        return _lines()
    if estimator.takes_files:
        return itertools.chain.from_iterable(estimator.read_inputs(i, **columns) for i in inputs)
    if len(inputs) == 1 and _names_a_file(inputs[0]):
        return estimator.read_inputs(inputs[0], **columns)
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
