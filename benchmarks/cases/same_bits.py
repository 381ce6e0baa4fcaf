"""What `benchmarks.same_bits` trains: every bundled sample, and a part of a real set of each task.

The real ones are cut out of the sets in the folder that ``OSTINATO_DATA`` names and written as plain files,
so that each trains within two minutes on one thread of any version.
"""

from __future__ import annotations

import csv
import gzip
import io
import tarfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from benchmarks.cases.texts import lines_of
from benchmarks.facts import DATA

REVIEWS = 300  # of each class
SENTENCES = 300
TAKES = range(5, 9)  # of each digit and speaker
DAYS = 300
HOURS = 2000
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


class Run(NamedTuple):
    """One training: the verb, the source or what writes it, and other options of `ostinato train`."""

    verb: str
    source: str | Callable[[Path], Path]
    options: tuple[str, ...] = ()


def reviews(folder: Path) -> Path:
    """Write some customer reviews of each class as a table."""
    rows = [
        (line, label)
        for label in ("pos", "neg")
        for line in lines_of("customer-reviews", f"custrev.{label}.gz")[:REVIEWS]
    ]
    return _table(folder / "reviews.csv", ("text", "label"), rows)


def entities(folder: Path) -> Path:
    """Write the first sentences of Resume NER as they stand."""
    text = gzip.decompress((DATA / "resume-ner" / "train.char.bmes.gz").read_bytes()).decode(
        "utf-8"
    )
    sentences = text.replace("\r\n", "\n").split("\n\n")[:SENTENCES]
    path = folder / "resume.bmes"
    path.write_text("\n\n".join(sentences) + "\n", encoding="utf-8")
    return path


def digits(folder: Path) -> Path:
    """Write a few takes of every spoken digit of FSDD by each speaker, and a table of them."""
    rows = []
    with tarfile.open(next((DATA / "fsdd").glob("*.tar.gz"))) as archive:
        members = {Path(name).name: name for name in archive.getnames() if name.endswith(".wav")}
        for name in sorted(members):
            digit, speaker, take = name.removesuffix(".wav").split("_")
            if int(take) in TAKES:
                file = archive.extractfile(members[name])
                assert file is not None
                (folder / name).write_bytes(file.read())
                rows.append((name, WORDS[int(digit)], speaker))
    return _table(folder / "digits.csv", ("path", "text", "speaker"), rows)


def days(folder: Path) -> Path:
    """Write days of ETTh1 as sequences of 24 hours, to be told apart by whether they are at a weekend."""
    return _days(folder, lambda hours: "weekend" if _weekday(hours[0][0]) >= 5 else "work")


def oil(folder: Path) -> Path:
    """Write the same days without the oil temperature, which is the value of its last hour."""
    return _days(folder, lambda hours: hours[-1][-1], inputs=slice(1, -1))


def hours(folder: Path) -> Path:
    """Write the first hours of ETTh1."""
    head, *rows = _etth1()
    return _table(folder / "hours.csv", head, rows[:HOURS])


def _days(
    folder: Path, label: Callable[[list[list[str]]], str], inputs: slice = slice(1, None)
) -> Path:
    head, *hours = _etth1()
    rows = []
    for first in range(0, 24 * DAYS, 24):
        day = hours[first : first + 24]
        rows += [(day[0][0][:10], hour[0], *hour[inputs], label(day)) for hour in day]
    return _table(folder / "days.csv", ("id", "time", *head[inputs], "label"), rows)


def _etth1() -> list[list[str]]:
    text = gzip.decompress((DATA / "etth1" / "ETTh1.csv.gz").read_bytes()).decode("utf-8")
    return list(csv.reader(io.StringIO(text)))


def _weekday(time: str) -> int:
    return date.fromisoformat(time[:10]).weekday()


def _table(path: Path, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return path


TESTED = ("--test-size", "0.2")
ONE, TWO, FIVE = (("--epochs", str(count)) for count in (1, 2, 5))

RUNS = {
    "samples": Run("classify", "samples", TWO),
    "samples-tag": Run("tag", "samples-tag", TWO),
    "morse": Run("transcribe", "morse", ONE),
    "keywords": Run("transcribe", "keywords", TWO),
    "gestures": Run("classify-series", "gestures", FIVE),
    "sales": Run("forecast", "sales", ("--horizon", "28", *ONE)),
    "real-classify": Run("classify", reviews, (*TESTED, *TWO)),
    "real-tag": Run("tag", entities, ("--preset", "chinese", *TESTED, *FIVE)),
    "real-transcribe": Run("transcribe", digits, (*TESTED, *FIVE)),
    "real-classify-series": Run("classify-series", days, (*TESTED, *FIVE)),
    "real-forecast": Run(
        "forecast",
        hours,
        ("--target-column", "OT", "--past-column", "HUFL", "--horizon", "24", *TWO),
    ),
    "real-forecast-direct": Run(
        "forecast", "airpassengers", ("--horizon", "12", "--method", "direct", *FIVE)
    ),
    "real-forecast-autoregressive": Run(
        "forecast", "airpassengers", ("--horizon", "12", "--method", "autoregressive", *FIVE)
    ),
    "other-classify": Run(
        "classify",
        reviews,
        ("--cell", "gru", "--pooling", "attention", "--no-ngrams", *TESTED, *TWO),
    ),
    "other-tag": Run("tag", entities, ("--cell", "rnn", "--head", "softmax", *TESTED, *TWO)),
    "other-transcribe": Run("transcribe", digits, ("--no-bidirectional", *TESTED, *TWO)),
    "other-regression": Run("classify-series", oil, ("--regression", *TESTED, *FIVE)),
}
"""Bundled samples, real ones, and then what is not the default: other cells, heads and methods."""
