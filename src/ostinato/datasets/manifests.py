"""Where recordings and transcripts stand together: manifests, folders of pairs, a folder a word."""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from ostinato._errors import DatasetError
from ostinato.datasets.columns import named_column
from ostinato.datasets.recordings import Recordings
from ostinato.datasets.streams import check_file, decode, format_of, read_bytes
from ostinato.datasets.tables import json_object

logger = logging.getLogger("ostinato")

AUDIO_NAMES = (
    *("audio", "path", "file", "audio_filepath", "filename", "file_name", "wav", "recording"),
    *("audio_path", "音频", "路径"),
)
TRANSCRIPT_NAMES = ("text", "transcript", "transcription", "sentence", "words", "文本")
SPEAKER_NAMES = ("speaker", "speaker_id", "client_id", "说话人")
MANIFESTS = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
SOUNDS = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au")


def read_manifest(
    path: Path,
    *,
    audio_column: str | None = None,
    text_column: str | None = None,
    speaker_column: str | None = None,
    labelled: bool = True,
) -> Recordings:
    r"""Read a table with a recording a row: its file, what is said in it, perhaps who speaks.

    Paths are relative to the folder of the table, or to its subfolder clips, as in Common Voice.

    Args:
        path: A csv, tsv, jsonl or parquet file, plain or compressed.
        audio_column: Column of the paths; None for the one with a usual name.
        text_column: Column of the transcripts; None for the one with a usual name.
        speaker_column: Column of the speakers; None for the one with a usual name, if there is one.
        labelled: Whether there must be transcripts.

    Raises:
        DatasetError: The file or a column is missing, or something in the file is wrong.

    Example:
        >>> path = getfixture("tmp_path") / "calls.csv"
        >>> _ = path.write_text("path,text\n1.wav,one\n2.wav,two\n")
        >>> part = read_manifest(path)
        >>> part.names, part.transcripts
        (['row 1 (1.wav)', 'row 2 (2.wav)'], ['one', 'two'])
    """
    rows = _rows(path)
    if not rows:
        raise DatasetError(f"{path}: the file must have rows; it has none. Name a file with data.")
    columns = list(dict.fromkeys(name for row in rows for name in row))
    where = str(path)
    audio = named_column("audio", audio_column, columns, AUDIO_NAMES, where, needed=True)
    text = named_column("text", text_column, columns, TRANSCRIPT_NAMES, where, needed=labelled)
    speaker = named_column("speaker", speaker_column, columns, SPEAKER_NAMES, where, needed=False)
    assert audio is not None  # it was needed
    files = [str(_value(row, audio, number, where)) for number, row in enumerate(rows, 1)]
    return Recordings.make(
        [_resolved(path.parent, file) for file in files],
        _texts(rows, text, where),
        where,
        speakers=_texts(rows, speaker, where),
        names=[f"row {number} ({file})" for number, file in enumerate(files, 1)],
    )


def read_pairs(folder: Path, *, labelled: bool = True) -> Recordings:
    """Read a folder of sound files that stand beside a .txt of the same name.

    Folders within are read too.

    Args:
        folder: An existing folder.
        labelled: Whether each recording must have its text.

    Raises:
        DatasetError: There is no recording, or a text is missing.

    Example:
        >>> folder = getfixture("tmp_path")
        >>> (folder / "a.wav").touch()
        >>> _ = (folder / "a.txt").write_text("hello there")
        >>> read_pairs(folder).transcripts
        ['hello there']
    """
    files = sounds_in(folder)
    if not files:
        raise DatasetError(
            f"{folder}: the folder must hold recordings ({', '.join(SOUNDS[:5])}, …); got none. "
            "Name another folder, or a manifest."
        )
    transcripts = None
    if labelled:
        texts = [file.with_suffix(".txt") for file in files]
        for file, text in zip(files, texts, strict=True):
            if not text.is_file():
                raise DatasetError(
                    f"{file}: its transcript must stand beside it in {text.name}; there is no such "
                    "file. Write it, or give a manifest with the columns path and text."
                )
        transcripts = [" ".join(decode(text.read_bytes(), str(text)).split()) for text in texts]
    names = [str(file.relative_to(folder)) for file in files]
    return Recordings.make(files, transcripts, str(folder), names=names)


def is_by_word(folder: Path) -> bool:
    """Return whether sounds lie only in folders within, each of a word, without texts.

    Args:
        folder: An existing folder.

    Example:
        >>> folder = getfixture("tmp_path")
        >>> (folder / "yes").mkdir()
        >>> (folder / "yes" / "1.wav").touch()
        >>> is_by_word(folder), is_by_word(folder / "yes")
        (True, False)
    """
    files = sounds_in(folder)
    return bool(files) and not any(
        file.parent == folder or file.with_suffix(".txt").exists() for file in files
    )


def read_words(folder: Path) -> Recordings:
    """Read a folder with a folder for each word, whose name is what is said in its recordings.

    In a folder whose name begins with an underscore, such as ``_background_noise_``, nothing is said.

    Args:
        folder: A folder for which :func:`is_by_word` holds.

    Example:
        >>> folder = getfixture("tmp_path")
        >>> for word in ("yes", "no", "_noise"):
        ...     (folder / word).mkdir()
        ...     (folder / word / "1.wav").touch()
        >>> read_words(folder).transcripts
        ['', 'no', 'yes']
    """
    files = sounds_in(folder)
    names = [file.relative_to(folder) for file in files]
    words = ["" if name.parts[0].startswith("_") else name.parts[0] for name in names]
    logger.info(
        "%s: no recording has a text beside it; the names of the %d folders are taken for what is said.",
        *(folder, len(set(words))),
    )
    return Recordings.make(files, words, str(folder), names=[str(name) for name in names])


def sounds_in(folder: Path) -> list[Path]:
    """Return the sound files in a folder and in those within, in order.

    Args:
        folder: An existing folder.

    Example:
        >>> sounds_in(getfixture("tmp_path"))
        []
    """
    return sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in SOUNDS and path.is_file()
    )


def _rows(path: Path) -> list[Mapping[str, Any]]:
    check_file(path)
    suffix, compression = format_of(path)
    if suffix == ".parquet":
        try:
            source = pa.BufferReader(read_bytes(path)) if compression else str(path)
            rows: list[Mapping[str, Any]] = pyarrow.parquet.read_table(source).to_pylist()
        except (pa.ArrowException, OSError) as error:
            raise DatasetError(
                f"{path}: it must be a whole Parquet file; got {str(error).splitlines()[0]} "
                "It may be truncated or damaged: fetch or make it anew."
            ) from error
        return rows
    text = decode(read_bytes(path), str(path))
    if suffix in (".jsonl", ".ndjson"):
        return [
            json_object(line, f"{path}: line {number}")
            for number, line in enumerate(text.split("\n"), 1)
            if line.strip()
        ]
    return _separated(path, text, "\t" if suffix == ".tsv" else ",")


def _separated(path: Path, text: str, delimiter: str) -> list[Mapping[str, Any]]:
    limit = csv.field_size_limit(len(text) + 1)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        lines = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise DatasetError(
            f"{path}: the rows must be well-formed; got: {error} in line {reader.line_num}. "
            'Close each quote ("), and double one that stands in a text.'
        ) from None
    finally:
        csv.field_size_limit(limit)
    if not lines:
        return []
    names = lines[0][1]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DatasetError(
            f"{path}: each column must have a name of its own; got `{twice}` twice. Rename one."
        )
    for line, row in lines[1:]:
        if len(row) != len(names):
            raise DatasetError(
                f"{path}: a row must have {len(names)} fields, as the line of column names has; got "
                f"{len(row)} in line {line}. Put a text with delimiters in double quotes."
            )
    return [dict(zip(names, row, strict=True)) for _, row in lines[1:]]


def _value(row: Mapping[str, Any], column: str, number: int, where: str) -> Any:
    value = row.get(column)
    if isinstance(value, str) and value.strip():
        return value
    raise DatasetError(
        f"{where}: row {number} must name a file in column `{column}`; got {value!r}. "
        "Fill it in, or leave the row out."
    )


def _texts(rows: Sequence[Mapping[str, Any]], column: str | None, where: str) -> list[str] | None:
    """Return what stands in a column, as text; none if there is no such column."""
    if column is None:
        return None
    values = [row.get(column) for row in rows]
    for number, value in enumerate(values, 1):
        if value is not None and not isinstance(value, (str, int, float)):
            raise DatasetError(
                f"{where}: row {number} must have a text in column `{column}`; got "
                f"{type(value).__name__}. Name another text column."
            )
    return ["" if value is None else str(value) for value in values]


def _resolved(folder: Path, file: str) -> Path:
    path = folder / Path(file).expanduser()
    in_clips = folder / "clips" / file
    return in_clips if not path.exists() and in_clips.exists() else path
