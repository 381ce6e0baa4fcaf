"""Where recordings and transcripts stand together: manifests, and folders of pairs."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ostinato._arrays import plain
from ostinato._errors import DatasetError, shown
from ostinato._kinds import FOUND_OUT, Written
from ostinato.datasets.file_names import expanded, is_a_name, path_text
from ostinato.datasets.files import decode
from ostinato.datasets.folders import files_within
from ostinato.datasets.readers.recordings.segment_columns import (
    row_segments,
    segment_columns,
    tell_repeated,
    tell_unread,
)
from ostinato.datasets.readers.tables.columns import named_column
from ostinato.datasets.readers.tables.frames import FORMATS, Frame, read_frame
from ostinato.datasets.records.recordings import Recordings
from ostinato.datasets.records.sounds import sound_of

logger = logging.getLogger("ostinato")

AUDIO_NAMES = (
    *("audio", "path", "file", "audio_filepath", "filename", "file_name", "wav", "recording"),
    *("audio_path", "audio_file", "wav_filename", "wav_path", "音频", "路径"),
)
TRANSCRIPT_NAMES = ("text", "transcript", "transcription", "sentence", "words", "文本")
SPEAKER_NAMES = ("speaker", "speaker_id", "client_id", "说话人")
_USUAL = {"audio": AUDIO_NAMES, "text": TRANSCRIPT_NAMES, "speaker": SPEAKER_NAMES}
MANIFESTS = FORMATS
_INNER = ("clips", "wavs", "wav", "")
SOUNDS = (
    *(".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".wave", ".snd"),
    *(".aifc", ".caf", ".w64", ".rf64", ".sph", ".nist"),
)
_OTHER_SOUNDS = (
    *(".m4a", ".mp4", ".aac", ".wma", ".amr", ".webm", ".mkv", ".mka", ".3gp", ".ape", ".wv"),
    *(".tta", ".mp2", ".spx", ".ra", ".m4b", ".mov", ".ac3"),
)


def read_manifest(
    path: Path,
    asked: Mapping[str, str | None] | None = None,
    *,
    labelled: bool = True,
    written: Written = FOUND_OUT,
) -> Recordings:
    r"""Read a table with a recording a row: its file, what is said in it, perhaps who speaks.

    Paths are relative to the folder of the table, or to its subfolder clips, wavs or wav, as in Common
    Voice and LJSpeech. With columns named start, stop or duration, a recording is that part of its file.

    Args:
        path: A csv, tsv, jsonl, json or parquet file, plain or compressed.
        asked: Columns of ``audio``, ``text`` and ``speaker``, by name, or in csv and tsv by number from 1;
            else those with usual names, speakers if there are some.
        labelled: Whether there must be transcripts.
        written: How it is written, as far as that is not to be found out.

    Raises:
        DatasetError: The file or a column is missing, or something in the file is wrong.
        ConfigError: There is no such encoding, or the delimiter is none.

    Example:
        >>> path = getfixture("tmp_path") / "calls.csv"
        >>> _ = path.write_text("path,text\n1.wav,one\n2.wav,two\n")
        >>> recordings = read_manifest(path)
        >>> recordings.names, recordings.transcripts
        (['row 1 (1.wav)', 'row 2 (2.wav)'], ['one', 'two'])
    """
    frame, asked = _named(read_frame(path, written), asked or {})
    found = _found(frame, asked, labelled=labelled)
    times = segment_columns([one for one in frame.names if one not in found.values()], frame.where)
    read = {**found, **{kind: one.name for kind, one in times.items()}}
    tell_unread(frame.names, read, frame.where)
    columns = frame.load(list(dict.fromkeys(read.values())))
    values = {kind: _values(columns[name]) for kind, name in read.items()}
    if not values["audio"]:
        raise DatasetError(f"{path}: the file must have rows; it has none. Name a file with data.")
    where = frame.where
    places = _places(values["audio"], found["audio"], where)
    files = [_resolved(path.parent, str(file)) if data is None else data for data, file in places]
    is_own = any(data is not None for data, _ in places)
    audio = row_segments(files, times, {kind: values[kind] for kind in times}, where, is_own=is_own)
    texts = _texts(values.get("text"), found.get("text"), where)
    tell_repeated(audio, texts, where)
    return Recordings.make(
        audio,
        texts,
        where,
        speakers=_speakers(values.get("speaker"), found.get("speaker"), where),
        names=[f"row {number} ({path_text(file)})" for number, (_, file) in enumerate(places, 1)],
    )


def _found(frame: Frame, asked: Mapping[str, str | None], *, labelled: bool) -> dict[str, str]:
    """Return the columns that are there, by what they tell."""
    needed = {"audio": True, "text": labelled}
    found = {}
    for kind, usual in _USUAL.items():
        name = named_column(
            *(kind, asked.get(kind), frame.names, usual, frame.where),
            needed=needed.get(kind, False),
        )
        if name is not None:
            found[kind] = name
    return found


def _named(frame: Frame, given: Mapping[str, str | None]) -> tuple[Frame, dict[str, str | None]]:
    """Return the frame, and the columns that are given, also by number; those of LJSpeech unasked."""
    usual = {*AUDIO_NAMES, *TRANSCRIPT_NAMES, *SPEAKER_NAMES}
    names = {kind: name for kind, name in given.items() if name is not None}
    has_usual = any(name.strip().lower() in usual for name in frame.names)
    is_bare = frame.separated is not None and frame.separated.delimiter == "|" and not has_usual
    if not names and is_bare and len(frame.names) in (2, 3):
        frame, columns = frame.numbered(["1", "2", "3"][: len(frame.names)], usual)
        names = {"audio": columns[0], "text": _bar_text(frame, columns)}
        logger.info(
            "%s: taken for a table as of LJSpeech: recordings in column 1, texts in column %s.",
            *(frame.where, names["text"]),
        )
        return frame, dict(names)
    frame, columns = frame.numbered(list(names.values()), usual)
    return frame, dict(zip(names, columns, strict=True))


def _bar_text(frame: Frame, columns: Sequence[str]) -> str:
    """Return the column of texts of a table as of LJSpeech: the last, unless it is empty or no text."""
    loaded = frame.load(columns)
    distinct = [{str(one).strip() for one in loaded[name]} for name in columns]
    if distinct[-1] == {""}:
        return columns[1]
    if len(columns) == 3 and 2 * len(distinct[2]) <= len(distinct[1]):
        raise DatasetError(
            f"{frame.where}: column 3 must be texts, as in LJSpeech; it has {len(distinct[2])} values beside "
            f"{len(distinct[1])} in column 2, so it may be of speakers. Give --audio-column 1 --text-column 2 "
            "(and --speaker-column 3), or 3."
        )
    return columns[-1]


def read_pairs(folder: Path, *, labelled: bool = True, encoding: str | None = None) -> Recordings:
    """Read a folder of sound files that stand beside a .txt of the same name.

    Folders within are read too.

    Args:
        folder: An existing folder.
        labelled: Whether each recording must have its text.
        encoding: Encoding of the texts; None for UTF-8.

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
        kept = set(files_within(folder, filter(os.path.lexists, texts)))
        for file, text in zip(files, texts, strict=True):
            if text not in kept:
                raise DatasetError(
                    f"{file}: its transcript must stand beside it in {text.name}; there is no such "
                    "file. Write it, or give a manifest with the columns path and text."
                )
        _check_pairs(folder, files)
        transcripts = [
            " ".join(decode(text.read_bytes(), str(text), encoding).split()) for text in texts
        ]
    names = [path_text(file.relative_to(folder)) for file in files]
    return Recordings.make(files, transcripts, str(folder), names=names)


def _check_pairs(folder: Path, files: Sequence[Path]) -> None:
    """Refuse two recordings of one text, of which one may be tested on the other; tell texts without."""
    check_single(files)
    stems = {file.with_suffix("") for file in files}
    spare = [
        text
        for text in sorted(folder.rglob("*.txt"))
        if text.with_suffix("") not in stems
        and not text.stem.lower().startswith(("readme", "license"))
    ]
    if spare:
        logger.warning(
            "%s: %d texts have no recording beside them, and are left out; the first is %s.",
            *(folder, len(spare), spare[0].name),
        )


def check_single(files: Sequence[Path]) -> None:
    """Raise DatasetError if two sound files have one name but for their endings.

    Args:
        files: Sound files.

    Example:
        >>> check_single([Path("a.mp3"), Path("b.wav")])
    """
    firsts: dict[Path, Path] = {}
    for file in files:
        first = firsts.setdefault(file.with_suffix(""), file)
        if first is not file:
            raise DatasetError(
                f"{file}: a text must be of one recording; {first.name} stands beside the same one. If they "
                "are one sound, remove one of them: a model would be tested on what it was trained on."
            )


def sounds_in(folder: Path, *, is_told: bool = True) -> list[Path]:
    """Return the sound files in a folder and in those within, in order.

    Args:
        folder: An existing folder.
        is_told: Whether a warning says what was left out.

    Example:
        >>> sounds_in(getfixture("tmp_path"))
        []
    """
    paths = sorted(path for path in folder.rglob("*") if path.suffix)
    others = [path for path in paths if path.suffix.lower() in _OTHER_SOUNDS]
    if others and is_told:
        logger.warning(
            "%s: %d files are left out, as sound of their kind is not read; the first is %s. Convert them.",
            *(folder, len(others), others[0].name),
        )
    found = [path for path in paths if path.suffix.lower() in SOUNDS]
    return files_within(folder, found, is_told=is_told)


def _values(column: Any) -> list[Any]:
    return column if isinstance(column, list) else list(column.to_pylist())


def _places(values: Sequence[Any], column: str, where: str) -> list[tuple[Path | None, str]]:
    return [_place(value, column, row, where) for row, value in enumerate(values, 1)]


def _place(value: Any, column: str, row: int, where: str) -> tuple[Path | None, str]:
    """Return the file of a row's own bytes, if it has some, and what its recording is called."""
    if not isinstance(value, Mapping):
        return None, _file(value, column, row, where)
    sound, _, name = sound_of(value, f"{where}: row {row}")  # Audio of Hugging Face
    is_here = value.get("bytes") is not None and isinstance(sound, Path)
    return (sound, name or sound.name) if is_here else (None, _file(name, column, row, where))


def _file(value: Any, column: str | None, row: int, where: str) -> str:
    if isinstance(value, str) and value.strip() and is_a_name(value):
        return value
    raise DatasetError(
        f"{where}: row {row} must name a file in column `{column}`; got {shown(value)}. "
        "Fill it in, or leave the row out."
    )


def _texts(values: Sequence[Any] | None, column: str | None, where: str) -> list[str] | None:
    """Return what stands in a column, as text; none if there is no such column."""
    if values is None:
        return None
    values = [plain(value) for value in values]  # missing is None
    for number, value in enumerate(values, 1):
        if isinstance(value, bool) or not isinstance(value, str | int | float | None):
            raise DatasetError(
                f"{where}: row {number} must have a text in column `{column}`; got "
                f"{type(value).__name__}. Name another text column."
            )
    if all(float(value).is_integer() for value in values if isinstance(value, float)):
        values = [int(value) if isinstance(value, float) else value for value in values]
    return ["" if value is None else str(value) for value in values]


def _speakers(values: Sequence[Any] | None, column: str | None, where: str) -> list[str] | None:
    found = _texts(values, column, where)
    unknown = sum(not name.strip() for name in found or ())
    if found is not None and unknown == len(found):
        return None
    if unknown:
        logger.warning(
            "%s: %d of %d rows have no speaker; they count as one, without a name.",
            *(where, unknown, len(found or ())),
        )
    return found


def _resolved(folder: Path, file: str) -> Path:
    """Return the file that a row names: beside the table, or where Common Voice and LJSpeech have it."""
    path = folder / expanded(file)
    if os.path.lexists(path):
        return path
    places = (folder / inner / f"{file}{ending}" for inner in _INNER for ending in ("", ".wav"))
    return next((place for place in places if place.is_file()), path)
