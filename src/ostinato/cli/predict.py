"""``ostinato predict``."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from ostinato._config import check_names
from ostinato._errors import ConfigError, DatasetError, shown
from ostinato._kinds import AS_WRITTEN
from ostinato.cli.console import say, show, show_json
from ostinato.cli.loading import loaded
from ostinato.cli.options import WholeNumber, columns_of, given_columns, with_options
from ostinato.cli.tasks import TASKS
from ostinato.cli.writing import check_free, write_answers

if TYPE_CHECKING:  # torch is loaded once the options are known to be right
    from ostinato.tasks import Estimator

FILE_ENDINGS = (
    *(".txt", ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet"),
    *(".gz", ".bz2", ".xz", ".zst", ".conll", ".conllu"),
)
MOST_AT_ONCE = 4096  # texts, so that standard input may be endless


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked of one task alone.

    Args:
        beam_width: For a recogniser: hypotheses kept at each step; 1 takes the likeliest each time.
        n_best: For a recogniser: how many texts to tell, with their probabilities.
        hot_words: For a recogniser: words to expect; once for each.
        threshold: For a recogniser: confidence below which a word or a keyword is not told.
        on_error: Stop at a recording that cannot be read or a series that cannot be forecast, or answer
            with the error.
        horizon: For a forecaster: steps ahead, at most those that it was trained for.
        future: For a forecaster: table of the steps ahead with the columns that are known of them;
            --delimiter and --encoding are of it too.
        ends: For a forecaster: whether series that end a little before the last are forecast from the
            common end, as they are if it is not given, or from their own.
    """

    beam_width: WholeNumber = None
    n_best: WholeNumber = None
    hot_words: Annotated[tuple[str, ...], Parameter(show_default=False)] = ()
    threshold: float | None = None
    on_error: Literal["raise", "skip"] | None = None
    horizon: WholeNumber = None
    future: Path | None = None
    ends: Literal["common", "own"] | None = None

    def options(self) -> dict[str, Any]:
        """Return those that were given, as `Estimator.predict_details` takes them."""
        from ostinato.tasks import HOT_WORD_BONUS

        found = {**vars(self), "hot_words": dict.fromkeys(self.hot_words, HOT_WORD_BONUS)}
        return {name: value for name, value in found.items() if value not in (None, {})}


NOTHING_ASKED = Asked()


def _predict(
    run: Path,
    /,
    *inputs: str,
    columns: Mapping[str, Any],
    asked: Asked = NOTHING_ASKED,
    stream: bool = False,
    sample_rate_hz: int | None = None,
    format: Literal["conll", "doccano", "label-studio"] | None = None,
    json: bool = False,
    out: Path | None = None,
    overwrite: bool = False,
) -> None:
    """Predict by any trained model: arguments, files, or standard input.

    Args:
        run: Run folder.
        inputs: Texts; or one file: txt with a text a line, csv, tsv, json, jsonl or parquet; for a tagger
            also CoNLL columns and CoNLL-U; for a recogniser sound files, folders or manifests; for
            sequences .ts, .npz or a table with a step a row; for a forecaster tables of series, or
            nothing for those it was trained on.
        columns: Names of columns.
        asked: What is asked of one task alone.
        stream: For a recogniser: hear raw 16-bit samples, one channel, on standard input.
        sample_rate_hz: Rate of that stream; that of the training recordings if not given.
        format: For a tagger: write what annotation tools read, columns or JSON with spans.
        json: Print JSON Lines with all that the model says, probabilities too.
        out: File to write instead: .csv, .parquet (a row an answer, a span or a step) or .jsonl.
        overwrite: Replace the file that stands there.
    """
    _check_written(format, out, {"--json": json, "--stream": stream}, overwrite=overwrite)
    if sample_rate_hz is not None and not stream:
        raise ConfigError("--sample-rate-hz: is for --stream; a sound file tells its own rate.")
    given = given_columns(columns)
    estimator = loaded(run)
    from ostinato.cli.stream import listen

    options = asked.options()
    _check_columns(estimator, given, is_stream=stream)
    _check_one_file(estimator, inputs)
    if stream:
        listen(estimator, inputs, sample_rate_hz, options, as_json=json)
        return
    check_names(options, dict.fromkeys(estimator.options), f"predict: a {estimator.task} run")
    if format is not None and format not in estimator.formats:
        what = f"{run} is a {estimator.task} run"
        raise ConfigError(f"predict: --format {format} is for taggers; {what}.")
    options |= _written(estimator, inputs, given, has_future=asked.future is not None)
    answers = _answers(estimator, _inputs(estimator, inputs, given), options)
    if out is not None:
        _write(estimator, answers, out)
    elif format is not None:
        for line in estimator.formats[format](answers):
            show(line)
    else:
        _show(estimator, answers, as_json=json)


def _check_written(
    format: str | None, out: Path | None, others: Mapping[str, bool], *, overwrite: bool
) -> None:
    """Raise ConfigError unless answers are written in one way, and their file may be written."""
    if format is not None and out is not None:
        raise ConfigError(
            f"predict: --format {format} is printed, and --out is for tables and JSON Lines. Write it into "
            f"the file by the shell: --format {format} > {out}"
        )
    kept = "--out" if out is not None else f"--format {format}" if format is not None else ""
    given = [name for name, is_given in others.items() if is_given]
    if kept and given:
        raise ConfigError(f"predict: {kept} stands alone; leave {' and '.join(given)} out.")
    if out is not None:
        check_free(out, overwrite=overwrite)
    elif overwrite:
        raise ConfigError("predict: --overwrite is for --out. Name a file, or leave it out.")


def _write(estimator: Estimator, answers: Iterable[Mapping[str, Any]], out: Path) -> None:
    count, noted = write_answers(out, answers, estimator.several)
    say(
        f"{count:,} answer{'s' * (count != 1)} written to {out}"
        + f"; {noted:,} with a note" * (noted > 0)
    )


def _show(estimator: Estimator, answers: Iterable[Mapping[str, Any]], *, as_json: bool) -> None:
    """Write each answer as JSON or as a line; above the lines their names, where people read."""
    from ostinato.tasks.answers import header

    is_headed = as_json or not sys.stdout.isatty()
    for number, answer in enumerate(answers, 1):
        if as_json:
            show_json(answer)
            continue
        if not is_headed and "error" not in answer:
            names = header(answer, estimator.line_fields)
            if names:
                show(names)
            is_headed = True
        show(estimator.format_prediction(answer))
        if "note" in answer:
            say(f"answer {number}: {answer['note']}")


predict = with_options(
    _predict,
    help=_predict.__doc__ or "",
    columns=columns_of(*(entry.data for entry in TASKS.values())),
)


def _check_columns(estimator: Estimator, given: Mapping[str, Any], *, is_stream: bool) -> None:
    """Raise ConfigError for columns that a task or a stream does not have."""
    known = (*estimator.data.names, *estimator.text_columns)
    check_names(given, dict.fromkeys(known), f"predict: a {estimator.task} run")
    if given.get("label_separator") is not None:
        raise ConfigError(
            "predict: --label-separator: labels are not read here. Leave it out, or use evaluate."
        )
    if is_stream and given:
        raise ConfigError(f"predict: {', '.join(given)}: a stream has no columns. Leave them out.")


def _check_one_file(estimator: Estimator, inputs: tuple[str, ...]) -> None:
    """Raise ConfigError for a file among several texts, of which the name would be read as a text."""
    files = [one for one in inputs if _names_a_file(one)]
    if files and inputs[1:] and not estimator.takes_files:
        raise ConfigError(
            f"predict: give texts, or one file; got {len(inputs)} arguments, {shown(files[0])} among them. "
            "Name one file at a time; a text that looks like a file can come by standard input."
        )


def _written(
    estimator: Estimator, inputs: tuple[str, ...], given: Mapping[str, Any], *, has_future: bool
) -> dict[str, Any]:
    """Return how the table of the steps ahead is written: as the one before it."""
    found = {name: given[name] for name in AS_WRITTEN if name in given and has_future}
    unused = [name for name in given if name not in found]
    if unused and not _reads_files(estimator, inputs):
        raise ConfigError(
            f"predict: no table is given that {', '.join(unused)} could be of. Name one, or leave it out."
        )
    return found


def _answers(
    estimator: Estimator, inputs: Iterable[Any], options: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    predict_details: Any = estimator.predict_details
    examples = iter(inputs)
    size = 1  # the first answer at once, then more at a time
    while chunk := list(itertools.islice(examples, size)):
        size = min(2 * size, MOST_AT_ONCE)
        yield from predict_details(chunk, **options)


def _inputs(
    estimator: Estimator, inputs: tuple[str, ...], columns: Mapping[str, Any]
) -> Iterable[Any]:
    if not inputs:
        return [None] if estimator.has_history else _lines()
    if _reads_files(estimator, inputs):
        return itertools.chain.from_iterable(estimator.read_inputs(i, **columns) for i in inputs)
    return inputs


def _reads_files(estimator: Estimator, inputs: tuple[str, ...]) -> bool:
    """Return whether what is to be predicted stands in files, and not on the command line."""
    if estimator.takes_files:
        return bool(inputs)
    return len(inputs) == 1 and _names_a_file(inputs[0])


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
