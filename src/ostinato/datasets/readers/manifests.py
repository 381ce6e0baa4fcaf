"""Where recordings and transcripts stand together: manifests, folders of pairs, a folder a word."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ostinato._errors import DatasetError, shown
from ostinato.datasets.file_names import expanded, is_a_name, path_text
from ostinato.datasets.files import decode
from ostinato.datasets.folders import files_within
from ostinato.datasets.readers.columns import named_column
from ostinato.datasets.readers.frames import FORMATS, Frame, read_frame
from ostinato.datasets.records.recordings import Recordings
from ostinato.datasets.records.segments import (
    DURATION_NAMES,
    START_NAMES,
    STOP_NAMES,
    segmented,
)
from ostinato.datasets.records.sounds import sound_of

logger = logging.getLogger("ostinato")

AUDIO_NAMES = (
    *("audio", "path", "file", "audio_filepath", "filename", "file_name", "wav", "recording"),
    *("audio_path", "audio_file", "wav_filename", "wav_path", "音频", "路径"),
)
TRANSCRIPT_NAMES = ("text", "transcript", "transcription", "sentence", "words", "文本")
SPEAKER_NAMES = ("speaker", "speaker_id", "client_id", "说话人")
_USUAL = {
    **{"audio": AUDIO_NAMES, "text": TRANSCRIPT_NAMES, "speaker": SPEAKER_NAMES},
    **{"start": START_NAMES, "stop": STOP_NAMES, "duration": DURATION_NAMES},
}
MANIFESTS = FORMATS
_INNER = ("clips", "wavs", "wav", "")
SOUNDS = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au")


def read_manifest(
    path: Path,
    *,
    audio_column: str | None = None,
    text_column: str | None = None,
    speaker_column: str | None = None,
    labelled: bool = True,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> Recordings:
    r"""Read a table with a recording a row: its file, what is said in it, perhaps who speaks.

    Paths are relative to the folder of the table, or to its subfolder clips, wavs or wav, as in Common
    Voice and LJSpeech. With columns named offset (start), stop (end) or duration, in seconds, a recording
    is that part of its file.

    Args:
        path: A csv, tsv, jsonl, json or parquet file, plain or compressed.
        audio_column: Column of the paths, by name, or in csv and tsv by number from 1; None for the one
            with a usual name.
        text_column: Column of the transcripts; None for the one with a usual name.
        speaker_column: Column of the speakers; None for the one with a usual name, if there is one.
        labelled: Whether there must be transcripts.
        delimiter: What parts the fields of csv and tsv; None to find out.
        encoding: Encoding of text; None for UTF-8.

    Raises:
        DatasetError: The file or a column is missing, or something in the file is wrong.
        ConfigError: There is no such encoding, or the delimiter is none.

    Example:
        >>> path = getfixture("tmp_path") / "calls.csv"
        >>> _ = path.write_text("path,text\n1.wav,one\n2.wav,two\n")
        >>> part = read_manifest(path)
        >>> part.names, part.transcripts
        (['row 1 (1.wav)', 'row 2 (2.wav)'], ['one', 'two'])
    """
    asked = {"audio": audio_column, "text": text_column, "speaker": speaker_column}
    frame, asked = _named(read_frame(path, delimiter, encoding), asked)
    found = _found(frame, asked, labelled=labelled)
    columns = frame.load(list(dict.fromkeys(found.values())))
    values = {kind: _values(columns[name]) for kind, name in found.items()}
    if not values["audio"]:
        raise DatasetError(f"{path}: the file must have rows; it has none. Name a file with data.")
    where = frame.where
    places = [
        _place(value, found["audio"], row, where) for row, value in enumerate(values["audio"], 1)
    ]
    audio = segmented(
        [_resolved(path.parent, str(file)) if data is None else data for data, file in places],
        *(values.get("start"), values.get("stop"), values.get("duration")),
        where,
    )
    return Recordings.make(
        audio,
        _texts(values.get("text"), found.get("text"), where),
        where,
        speakers=_texts(values.get("speaker"), found.get("speaker"), where),
        names=[f"row {number} ({path_text(file)})" for number, (_, file) in enumerate(places, 1)],
    )


def _found(frame: Frame, asked: Mapping[str, str | None], *, labelled: bool) -> dict[str, str]:
    """Return the columns that are there, by what they tell; those of segments are logged."""
    needed = {"audio": True, "text": labelled}
    found = {}
    for kind, usual in _USUAL.items():
        name = named_column(
            *(kind, asked.get(kind), frame.names, usual, frame.where),
            needed=needed.get(kind, False),
        )
        if name is not None:
            found[kind] = name
    told = [f"`{found[kind]}`" for kind in ("start", "stop", "duration") if kind in found]
    if told:
        logger.info(
            "%s: a recording is a part of its file, by %s, in seconds.",
            *(frame.where, ", ".join(told)),
        )
    return found


def _named(frame: Frame, given: Mapping[str, str | None]) -> tuple[Frame, dict[str, str | None]]:
    """Return the frame, and the columns that are given, also by number; those of LJSpeech unasked."""
    usual = {*AUDIO_NAMES, *TRANSCRIPT_NAMES, *SPEAKER_NAMES}
    names = {kind: name for kind, name in given.items() if name is not None}
    has_usual = any(name.strip().lower() in usual for name in frame.names)
    is_bare = frame.separated is not None and frame.separated.delimiter == "|" and not has_usual
    if not names and is_bare and len(frame.names) in (2, 3):
        names = {"audio": "1", "text": str(len(frame.names))}
        logger.info(
            "%s: taken for a table as of LJSpeech: recordings in column 1, texts in column %s.",
            *(frame.where, names["text"]),
        )
    frame, columns = frame.numbered(list(names.values()), usual)
    return frame, dict(zip(names, columns, strict=True))


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
        transcripts = [
            " ".join(decode(text.read_bytes(), str(text), encoding).split()) for text in texts
        ]
    names = [path_text(file.relative_to(folder)) for file in files]
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
    files = sounds_in(folder, is_told=False)
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
    return Recordings.make(files, words, str(folder), names=[path_text(name) for name in names])


def sounds_in(folder: Path, *, is_told: bool = True) -> list[Path]:
    """Return the sound files in a folder and in those within, in order.

    Args:
        folder: An existing folder.
        is_told: Whether a warning says what was left out.

    Example:
        >>> sounds_in(getfixture("tmp_path"))
        []
    """
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SOUNDS)
    return files_within(folder, found, is_told=is_told)


def _values(column: Any) -> list[Any]:
    return column if isinstance(column, list) else list(column.to_pylist())


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
    for number, value in enumerate(values, 1):
        if value is not None and not isinstance(value, (str, int, float)):
            raise DatasetError(
                f"{where}: row {number} must have a text in column `{column}`; got "
                f"{type(value).__name__}. Name another text column."
            )
    return ["" if value is None else str(value) for value in values]


def _resolved(folder: Path, file: str) -> Path:
    """Return the file that a row names: beside the table, or where Common Voice and LJSpeech have it."""
    path = folder / expanded(file)
    if os.path.lexists(path):
        return path
    places = (folder / inner / f"{file}{ending}" for inner in _INNER for ending in ("", ".wav"))
    return next((place for place in places if place.is_file()), path)
