"""The kinds of data: what each is called, what is made of it, and what says how its files are read.

A kind is the single definition of the arguments that its readers take: the training commands make
their options from the fields and the docstring of :attr:`DataKind.columns`, the estimators read files
by them, and ``config.json`` keeps them. This module is light, so that an option is checked at once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

TRAINED = {"trained": True}
"""Of a column that is given where a model is trained, and known from there on."""


def several(*, each: bool = False, **metadata: Any) -> Any:
    """Return a field of any number of names, as an option takes them: ``--label-column a b``.

    Args:
        each: Whether the option is written anew for each name.
        metadata: More that is known of the field.
    """
    return field(default=(), metadata={"each": each, **metadata})


@dataclass(frozen=True, kw_only=True)
class Written:
    """How a table of text is written: of one file, not of others that a run reads.

    Args:
        delimiter: What separates the fields of csv and tsv, such as ; or tab; else found out.
        encoding: Encoding of text, such as gb18030; UTF-8 if not given.
    """

    delimiter: str | None = None
    encoding: str | None = None


FOUND_OUT = Written()

AS_WRITTEN = tuple(one.name for one in dataclasses.fields(Written))
"""Arguments of reading that are of one file, not of others that a model reads later."""


@dataclass(frozen=True, kw_only=True)
class TextColumns:
    """Where texts and their labels stand in a file.

    Args:
        text_column: Column with the texts, in csv and tsv also by number; else found by its name.
        label_column: Column with the labels, found by its name if not given; of texts several are
            labels themselves, 1 where a text has them.
        label_separator: What separates the labels of a text in one column.
    """

    text_column: str | None = None
    label_column: tuple[str, ...] = several()
    label_separator: str | None = None


@dataclass(frozen=True, kw_only=True)
class TagColumns:
    """Where tokens and their tags stand in a file.

    Args:
        column: Column of the tags: its name, or its number counted from 1; else the usual one.
        token_column: Column of the tokens in the same way; else the first that holds them.
    """

    column: str | None = None
    token_column: str | None = None


@dataclass(frozen=True, kw_only=True)
class RecordingColumns:
    """Where the paths and transcripts of recordings stand in a manifest.

    Args:
        audio_column: Column with the paths of the recordings; found by its name if not given.
        text_column: Column with the transcripts; found by its name if not given.
        speaker_column: Column with the speakers; found by its name, if there is one.
        test_speaker: Speaker all of whose recordings make the test split, and are in no other.
        on_error: What to do with a recording that cannot be read: stop, or skip it and say so.
    """

    audio_column: str | None = None
    text_column: str | None = None
    speaker_column: str | None = None
    test_speaker: str | None = field(default=None, metadata=TRAINED)
    on_error: Literal["raise", "skip"] = field(default="raise", metadata=TRAINED)


@dataclass(frozen=True, kw_only=True)
class SequenceColumns:
    """Where sequences and their labels stand in a table with a step a row.

    Args:
        id_column: Column that tells the sequences apart; found by its name; several, each with the
            option, are joined.
        time_column: Column that orders the steps; found by its name, else rows of sequences are in order.
        label_column: Column with the labels; found by its name if not given.
        feature_columns: Column of a feature, one or several; none for all the other columns.
    """

    id_column: tuple[str, ...] = several(each=True)
    time_column: str | None = None
    label_column: str | None = None
    feature_columns: tuple[str, ...] = several()


@dataclass(frozen=True, kw_only=True)
class SeriesColumns:
    """Where series stand in a table.

    Args:
        id_column: Column that tells the series apart, found by its name; several, each with the option,
            are joined; one series if there is none.
        time_column: Column of the times; found by its name if not given.
        target_columns: Column to forecast, one or several; found by its name if not given.
        known_columns: Column known before its time, such as a promotion, one or several.
        past_columns: Column known only once its time has come, one or several.
        static_columns: Attribute of a series, such as its region, one or several.
        wide: Each column but the time is a series.
        rows: Each row is a series, its steps in columns.
    """

    id_column: tuple[str, ...] = several(each=True)
    time_column: str | None = None
    target_columns: tuple[str, ...] = several(**TRAINED)
    known_columns: tuple[str, ...] = several(**TRAINED)
    past_columns: tuple[str, ...] = several(**TRAINED)
    static_columns: tuple[str, ...] = several(**TRAINED)
    wide: bool = field(default=False, metadata=TRAINED)
    rows: bool = field(default=False, metadata=TRAINED)


@dataclass(frozen=True, kw_only=True)
class DataKind:
    """A kind of data.

    Args:
        verb: What ``ostinato train`` calls it: ``classify``.
        content: What a data set is one of, in words.
        columns: Arguments of its readers, beside those of :class:`Written`: a dataclass of them. Kinds with
            the same columns are read by the same readers.
        source: What may be trained on, for the help of the command.
        is_split_by_time: Whether its splits are stretches of time, so that no files are given for them.

    Example:
        >>> TEXTS.names
        ('text_column', 'label_column', 'label_separator', 'delimiter', 'encoding')
    """

    verb: str
    content: str
    columns: type[Any]
    source: str
    is_split_by_time: bool = False

    @property
    def fields(self) -> tuple[dataclasses.Field[Any], ...]:
        """The fields of its columns and of how a table is written."""
        return (*dataclasses.fields(self.columns), *dataclasses.fields(Written))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the arguments of its readers."""
        return tuple(one.name for one in self.fields)

    def is_read_as(self, other: DataKind) -> bool:
        """Tell whether the readers of another kind read this one too.

        Example:
            >>> counted = dataclasses.replace(SEQUENCES, verb="count", content="one of counted sequences")
            >>> counted.is_read_as(SEQUENCES), counted.is_read_as(SERIES)
            (True, False)
        """
        return self.columns is other.columns

    def arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return all arguments of its readers, ready for JSON: those given, else their defaults.

        Example:
            >>> TEXTS.arguments({"label_column": ("a", "b"), "text_column": "t"})["label_column"]
            ['a', 'b']
        """
        return {one.name: plain(one.name, given.get(one.name, one.default)) for one in self.fields}


def plain(name: str, value: Any) -> Any:
    """Return names as a reader takes them: of a singular argument the only one, or None.

    Example:
        >>> plain("id_column", ("store",)), plain("id_column", ()), plain("feature_columns", ("a",))
        ('store', None, ['a'])
    """
    if not isinstance(value, tuple):
        return value
    if name.endswith("s") or len(value) > 1:
        return list(value)
    return value[0] if value else None


TEXTS = DataKind(
    verb="classify",
    content="one of labelled texts",
    columns=TextColumns,
    source="Name of a registered data set, a folder, or a csv, tsv, jsonl, json or parquet file.",
)
TAGGED = DataKind(
    verb="tag",
    content="one of tagged sentences",
    columns=TagColumns,
    source="Name of a registered data set, a folder, or a file: CoNLL columns, CoNLL-U, JSON Lines.",
)
RECORDINGS = DataKind(
    verb="transcribe",
    content="one of recordings",
    columns=RecordingColumns,
    source="Name of a registered data set; a csv, tsv, jsonl, json or parquet file with a recording a "
    "row; a folder of sound files, each beside a .txt of the same name; or one of LJSpeech, "
    "LibriSpeech or Kaldi.",
)
SEQUENCES = DataKind(
    verb="classify-series",
    content="one of labelled sequences",
    columns=SequenceColumns,
    source="Name of a registered data set, a folder, or a file: .ts of sktime, .npz of NumPy, or a "
    "csv, tsv, jsonl or parquet table with a step a row.",
)
SERIES = DataKind(
    verb="forecast",
    content="one series table",
    columns=SeriesColumns,
    source="Name of a registered data set, or a csv, tsv, jsonl or parquet table with a step a row.",
    is_split_by_time=True,
)
