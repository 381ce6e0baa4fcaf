"""Lists of transcripts beside recordings: of LibriSpeech (``.trans.txt``) and of Kaldi (``wav.scp``, ``text``)."""

from __future__ import annotations

import logging
import math
import re
from pathlib import Path

from ostinato._errors import DatasetError
from ostinato.datasets.file_names import SPLITS, expanded, path_text
from ostinato.datasets.files import check_file, read_lines
from ostinato.datasets.folders import files_within
from ostinato.datasets.readers.recordings.manifests import SOUNDS, check_single, sounds_in
from ostinato.datasets.records.recordings import Recordings
from ostinato.datasets.records.segments import Segment

logger = logging.getLogger("ostinato")

_ENDING = ".trans.txt"
_SPEAKER = re.compile(r"\d+(?=-\d+-\d+$)")  # of an utterance such as 84-121123-0000


def is_librispeech(folder: Path) -> bool:
    """Return whether a folder, or one within, has lists of transcripts of LibriSpeech.

    Args:
        folder: An existing folder.

    Example:
        >>> is_librispeech(getfixture("tmp_path"))
        False
    """
    return next(folder.rglob(f"*{_ENDING}"), None) is not None


def read_librispeech(folder: Path, encoding: str | None = None) -> Recordings:
    """Read a folder with lists ``<chapter>.trans.txt``: in each line a name and a text.

    The speaker is the first number of a name such as ``84-121123-0000``.

    Args:
        folder: A folder for which :func:`is_librispeech` holds.
        encoding: Encoding of the lists; None for UTF-8.

    Raises:
        DatasetError: A recording has no line in the list beside it, or a line no recording.

    Example:
        >>> folder = getfixture("tmp_path")
        >>> _ = (folder / "84-1.trans.txt").write_text("84-1-0000 GO ON")
        >>> (folder / "84-1-0000.flac").touch()
        >>> recordings = read_librispeech(folder)
        >>> recordings.transcripts, recordings.speakers
        (['GO ON'], ['84'])
    """
    _check_one_split(folder)
    lists = files_within(folder, sorted(folder.rglob(f"*{_ENDING}")))
    files: list[Path] = []
    texts: list[str] = []
    for place in lists:
        sounds = sorted(path for path in place.parent.iterdir() if path.suffix.lower() in SOUNDS)
        check_single(sounds)
        beside = {path.stem: path for path in sounds}
        transcripts = _table(place, encoding)
        if without_transcript := sorted(beside.keys() - transcripts.keys()):
            raise DatasetError(
                f"{place}: every recording beside it must have a line; {without_transcript[0]} has none. Add it."
            )
        for name, text in transcripts.items():
            if name not in beside:
                raise DatasetError(
                    f"{place}: the recording {name} must stand beside it, as {name}.flac or another; "
                    "there is none. Fetch it, or remove its line."
                )
            files.append(beside[name])
            texts.append(text)
    if strays := sorted(set(sounds_in(folder)) - set(files)):
        raise DatasetError(
            f"{strays[0]}: every recording must have a list {_ENDING} beside it; {len(strays)} have none. "
            "Move them elsewhere, or name the folder of the others."
        )
    kept = set(files_within(folder, files))
    rows = [row for row, file in enumerate(files) if file in kept]
    speakers = [_SPEAKER.match(files[row].stem) for row in rows]
    return Recordings.make(
        [files[row] for row in rows],
        [texts[row] for row in rows],
        str(folder),
        speakers=[found[0] for found in speakers if found] if all(speakers) else None,
        names=[path_text(files[row].relative_to(folder)) for row in rows],
    )


def is_kaldi(folder: Path) -> bool:
    """Return whether a folder is a data folder of Kaldi: one with a file ``wav.scp``.

    Args:
        folder: An existing folder.

    Example:
        >>> is_kaldi(getfixture("tmp_path"))
        False
    """
    return (folder / "wav.scp").is_file()


def read_kaldi(folder: Path, *, labelled: bool = True, encoding: str | None = None) -> Recordings:
    r"""Read a data folder of Kaldi: ``wav.scp``, ``text``; ``segments``, ``utt2spk`` if there.

    Paths are relative to the folder, or else to the current one, as they are for Kaldi.

    Args:
        folder: A folder for which :func:`is_kaldi` holds.
        labelled: Whether there must be transcripts.
        encoding: Encoding of the files; None for UTF-8.

    Raises:
        DatasetError: A file is missing, an utterance stands in one and not in another, or a recording
            is the output of a command, which is never run.

    Example:
        >>> folder = getfixture("tmp_path")
        >>> _ = (folder / "wav.scp").write_text("call call.wav")
        >>> _ = (folder / "segments").write_text("a call 0 1.5\nb call 1.5 4")
        >>> _ = (folder / "text").write_text("a one\nb two")
        >>> read_kaldi(folder).transcripts
        ['one', 'two']
    """
    files = {
        name: _recording(folder, name, path)
        for name, path in _table(folder / "wav.scp", encoding).items()
    }
    segments = folder / "segments"
    sounds: dict[str, Path | Segment] = {**files}
    if segments.is_file():
        lines = _table(segments, encoding)
        sounds = {name: _segment(segments, name, line, files) for name, line in lines.items()}
    texts = _table(folder / "text", encoding) if labelled else None
    speakers = folder / "utt2spk"
    names = list(sounds)
    _tell_channels(folder, encoding)
    return Recordings.make(
        list(sounds.values()),
        None if texts is None else _of(texts, names, folder / "text"),
        str(folder),
        speakers=_of(_table(speakers, encoding), names, speakers) if speakers.is_file() else None,
        names=names,
    )


def _table(path: Path, encoding: str | None) -> dict[str, str]:
    """Return what stands after the first word of each line, by that word."""
    check_file(path)
    if not files_within(path.parent, [path]):
        raise DatasetError(
            f"{path}: it must lie in its folder; it is a link out of it. Copy the file."
        )
    found: dict[str, str] = {}
    for number, line in enumerate(read_lines(path, encoding), 1):
        name, _, rest = line.strip().replace("\t", " ").partition(" ")
        if name in found:
            raise DatasetError(
                f"{path}: a name must stand once; got `{name[:40]}` again in line {number}. "
                "Remove one of the lines."
            )
        if name:
            found[name] = " ".join(rest.split())
    return found


def _of(values: dict[str, str], names: list[str], path: Path) -> list[str]:
    missing = [name for name in names if name not in values]
    if missing:
        raise DatasetError(
            f"{path}: every utterance must have a line; {len(missing)} of {len(names)} have none, the "
            f"first is `{missing[0][:40]}`. Add it, or remove the utterance elsewhere."
        )
    spare = len(values) - len(names)
    if spare:
        logger.warning("%s: %d lines have no recording, and are left out.", path, spare)
    return [values[name] for name in names]


def _recording(folder: Path, name: str, path: str) -> Path:
    if path.endswith("|") or not path or path == "-":
        raise DatasetError(
            f"{folder / 'wav.scp'}: a recording must be a file; got "
            f"{'a command' if path.endswith('|') else 'none'} for `{name[:40]}`, and none is run. "
            "Write its output to a file."
        )
    here = expanded(path)
    return folder / here if (folder / here).exists() or not here.exists() else here


def _tell_channels(folder: Path, encoding: str | None) -> None:
    """Warn where recordings are channels of files, which are mixed to one here."""
    path = folder / "reco2file_and_channel"
    if path.is_file():
        channels = {line.split()[-1] for line in _table(path, encoding).values() if line}
        if not channels <= {"A", "1", "0"}:
            logger.warning(
                "%s: all channels of a file are mixed to one; this file tells several (%s). Write each "
                "channel to a file of its own.",
                *(path, ", ".join(sorted(channels)[:4])),
            )


def _segment(path: Path, name: str, line: str, files: dict[str, Path]) -> Segment:
    try:
        recording, *times = line.split()
        start, stop = (float(time) for time in times)
        if not math.isfinite(start + stop) or (stop < 0 and stop != -1):
            raise ValueError
    except ValueError:
        raise DatasetError(
            f"{path}: a line must have an utterance, a recording, and where it begins and ends in "
            f"seconds; got `{line[:60]}` for `{name[:40]}`. Correct it."
        ) from None
    if recording not in files:
        raise DatasetError(
            f"{path}: the recording `{recording[:40]}` of `{name[:40]}` must stand in wav.scp; it does "
            "not. Add it, or remove the line."
        )
    return Segment(files[recording], start, stop if stop >= 0 else None)  # -1 stands for the end


def _check_one_split(folder: Path) -> None:
    """Raise DatasetError if a folder holds folders of several splits, such as dev-clean."""
    named = {
        path.name: SPLITS[split]
        for path in sorted(folder.iterdir())
        if path.is_dir() and (split := re.split(r"[-_.]", path.name)[0].lower()) in SPLITS
    }
    if len(set(named.values())) > 1:
        raise DatasetError(
            f"{folder}: it must be of one split; got {', '.join(list(named)[:6])}. Name the folder of "
            "train, and those of the others by validation and test (--validation, --test)."
        )
