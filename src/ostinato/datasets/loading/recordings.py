"""From whatever names a set of recordings to its splits."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ostinato._errors import ConfigError, DatasetError, did_you_mean
from ostinato._kinds import RECORDINGS, Written
from ostinato.datasets.file_names import SPLITS, expanded
from ostinato.datasets.files import check_file, format_of
from ostinato.datasets.loading.splits import (
    check_all_read,
    check_source,
    find_splits,
    read_registered,
    with_files,
)
from ostinato.datasets.readers.recordings.hugging_face import speech_from_hugging_face
from ostinato.datasets.readers.recordings.manifests import (
    AUDIO_NAMES,
    MANIFESTS,
    SPEAKER_NAMES,
    TRANSCRIPT_NAMES,
    read_manifest,
    read_pairs,
    sounds_in,
)
from ostinato.datasets.readers.recordings.transcript_lists import (
    is_kaldi,
    is_librispeech,
    read_kaldi,
    read_librispeech,
)
from ostinato.datasets.readers.recordings.word_folders import is_by_word, listed_splits, read_words
from ostinato.datasets.records.recordings import Recordings, merged
from ostinato.datasets.records.segments import Segment
from ostinato.datasets.registry import REGISTRY

_METADATA = ("metadata.csv", "metadata.jsonl")
logger = logging.getLogger("ostinato")


def load_recordings(
    source: str | Path | Any,
    *,
    audio_column: str | None = None,
    text_column: str | None = None,
    speaker_column: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    test_speaker: str | None = None,
    validation: str | Path | None = None,
    test: str | Path | None = None,
) -> dict[str, Recordings]:
    """Load the splits of a set of recordings and transcripts.

    Args:
        source: Name of a registered data set; a manifest or a folder as :func:`read_recordings` takes it
            (it is train); a folder with such manifests, or such folders, named train, dev (valid,
            validation) and test; or a Hugging Face ``datasets`` object with a column of ``Audio``.
        audio_column: Column of the paths in a manifest, if it has no usual name.
        text_column: Column of the transcripts, if it has no usual name.
        speaker_column: Column of the speakers, if it has no usual name.
        delimiter: What separates the fields of a csv or tsv manifest, if that is not to be found out.
        encoding: Encoding of manifests and texts that are not UTF-8.
        test_speaker: A speaker all of whose recordings, of any split, make the test split, and no others
            do; the other recordings of train and test are train.
        validation: Manifest or folder to use as the validation split.
        test: Manifest or folder to use as the test split.

    Returns:
        ``"train"`` and, where there, ``"validation"`` and ``"test"``.

    Raises:
        DatasetError: Something is missing or wrong; the message says what and where.
        ConfigError: There is no such speaker.

    Example:
        >>> {name: len(split) for name, split in load_recordings("morse").items()}
        {'train': 2400, 'validation': 50, 'test': 100}
    """
    columns = {"audio": audio_column, "text": text_column, "speaker": speaker_column}
    written = Written(delimiter=delimiter, encoding=encoding)

    def read(place: str | Path) -> Recordings:
        return _read(place, columns, labelled=True, written=written)

    if not isinstance(source, (str, Path)):
        usual = {"audio": AUDIO_NAMES, "text": TRANSCRIPT_NAMES, "speaker": SPEAKER_NAMES}
        splits = speech_from_hugging_face(source, columns, usual)
    elif source in REGISTRY:
        given = {f"{role}_column": column for role, column in columns.items()}
        check_all_read(str(source), {**given, **vars(written)}, validation, test)
        splits = read_registered(str(source), RECORDINGS)
    else:
        splits = _load_path(expanded(source), read)
    splits = with_files(splits, read, validation=validation, test=test)
    if test_speaker is not None:
        splits = _held_out(splits, test_speaker, splits["train"].source)
    return splits


def _load_path(path: Path, read: Callable[[Path], Recordings]) -> dict[str, Recordings]:
    check_source(path)
    paths = _split_paths(path) if path.is_dir() else {"train": path}
    splits = {split: read(place) for split, place in paths.items()}
    if paths["train"].is_dir() and is_by_word(paths["train"]):
        _check_several(paths["train"], splits["train"])
        if len(splits) == 1:
            return listed_splits(path, splits["train"])
    return splits


def read_recordings(
    path: str | Path,
    *,
    audio_column: str | None = None,
    text_column: str | None = None,
    speaker_column: str | None = None,
    labelled: bool = True,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> Recordings:
    """Read recordings and their transcripts from one place.

    Args:
        path: A csv, tsv, jsonl, json or parquet file with a recording a row; a folder of sound files,
            each beside a .txt of the same name, or with a table metadata.csv (.jsonl), as of LJSpeech
            and Hugging Face, or with lists of LibriSpeech or Kaldi; a folder with a folder of sound
            files for each word, which is called as the word; or, without transcripts, one sound file.
        audio_column: Column of the paths; None for the one with a usual name (audio, path, file, …).
        text_column: Column of the transcripts; None for the one with a usual name (text, sentence, …).
        speaker_column: Column of the speakers; None for the one with a usual name, if there is one.
        labelled: Whether there must be transcripts.
        delimiter: What separates the fields of csv and tsv; None to find out.
        encoding: Encoding of manifests and texts; None for UTF-8.

    Raises:
        DatasetError: The file or a column is missing, or something in it is wrong.

    Example:
        >>> folder = getfixture("tmp_path")
        >>> (folder / "call.wav").touch()
        >>> read_recordings(folder, labelled=False).names
        ['call.wav']
    """
    columns = {"audio": audio_column, "text": text_column, "speaker": speaker_column}
    written = Written(delimiter=delimiter, encoding=encoding)
    return _read(path, columns, labelled=labelled, written=written)


def _read(
    path: str | Path, columns: Mapping[str, str | None], *, labelled: bool, written: Written
) -> Recordings:
    path = folder = expanded(path)
    if path.is_dir():
        manifest = next(filter(Path.is_file, (path / name for name in _METADATA)), None)
        if manifest is None or not labelled:
            return _read_folder(path, labelled=labelled, encoding=written.encoding)
        path = manifest
    check_file(path)
    suffix = format_of(path)[0]
    if suffix in MANIFESTS:
        found = read_manifest(path, columns, labelled=labelled, written=written)
        if folder != path:
            _tell_unlisted(folder, found)
        return found
    if not labelled:
        return Recordings.make([path], None, str(path))
    hint = did_you_mean(suffix, MANIFESTS) or "."
    raise DatasetError(
        f"{path}: recordings with transcripts must come as a folder, or as a table "
        f"({', '.join(MANIFESTS)}) of paths and texts; got `{suffix}`{hint}"
    )


def _tell_unlisted(folder: Path, found: Recordings) -> None:
    """Warn of sounds in a folder that its table does not name."""
    paths = (one.path if isinstance(one, Segment) else one for one in found.audio)
    named = {os.path.realpath(path) for path in paths if isinstance(path, Path)}
    spare = [path for path in sounds_in(folder) if os.path.realpath(path) not in named]
    if spare:
        logger.warning(
            "%s: %d recordings have no row in its table, and are left out; the first is %s.",
            *(folder, len(spare), spare[0].name),
        )


def _read_folder(folder: Path, *, labelled: bool, encoding: str | None) -> Recordings:
    if is_kaldi(folder):
        return read_kaldi(folder, labelled=labelled, encoding=encoding)
    if labelled and is_librispeech(folder):
        return read_librispeech(folder, encoding)
    if labelled and is_by_word(folder):
        return read_words(folder)
    return read_pairs(folder, labelled=labelled, encoding=encoding)


def _split_paths(folder: Path) -> dict[str, Path]:
    """Return the manifests or folders of the splits; the folder itself if it holds pairs of files."""
    has_manifest = any(
        path.is_file() and SPLITS.get(path.name.partition(".")[0].lower()) == "train"
        for path in folder.iterdir()
        if format_of(path)[0] in MANIFESTS
    )
    if not has_manifest:
        within = _split_folders(folder)
        if "train" in within:
            return within
        is_listed = is_kaldi(folder) or any((folder / name).is_file() for name in _METADATA)
        if is_listed or sounds_in(folder, is_told=False):
            return {"train": folder}
    formats = f"({', '.join(MANIFESTS)}), or folders train/ and test/ of recordings beside texts"
    return find_splits(folder, formats, MANIFESTS)


def _check_several(folder: Path, train: Recordings) -> None:
    """Raise DatasetError if a folder has a folder for each word, and only one of these."""
    words = set(train.transcripts or ())
    if len(words) < 2:
        raise DatasetError(
            f"{folder}: there must be a folder of recordings for each of two words or more; got one, "
            f"{train.names[0].partition(os.sep)[0]}. Add another word, or a folder _noise of recordings "
            "in which it is not said."
        )


def _split_folders(folder: Path) -> dict[str, Path]:
    within: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        split = SPLITS.get(path.name.lower())
        if split is None or not path.is_dir():
            continue
        if split in within:
            raise DatasetError(
                f"{folder}: there must be one folder of the {split} split; got {within[split].name} and "
                f"{path.name}. Remove or rename one."
            )
        within[split] = path
    return within


def _held_out(splits: dict[str, Recordings], speaker: str, source: str) -> dict[str, Recordings]:
    for name, split in splits.items():
        if split.speakers is None:
            raise DatasetError(
                f"{source}: to hold out a speaker, every recording must have one; the {name} split has "
                "none. Name their column: --speaker-column."
            )
    names = sorted({name for split in splits.values() for name in split.speakers or ()})
    if speaker not in names:
        hint = did_you_mean(speaker, names) or "."
        raise ConfigError(
            f"test_speaker: must be one of {', '.join(names[:10])}"
            f"{', …' if len(names) > 10 else ''}; got `{speaker}`{hint}"
        )
    kept = {"train": [splits[name] for name in ("train", "test") if name in splits]}
    if "validation" in splits:
        kept["validation"] = [splits["validation"]]
    found = {
        name: _of_speaker(merged(some, source), speaker, is_wanted=False)
        for name, some in kept.items()
    }
    if not len(found["train"]):
        raise ConfigError(f"test_speaker: others than {speaker} must speak in train; got none.")
    found["test"] = _of_speaker(merged(list(splits.values()), source), speaker, is_wanted=True)
    return found


def _of_speaker(split: Recordings, speaker: str, *, is_wanted: bool) -> Recordings:
    """Return the recordings of a speaker, or those of all others."""
    is_his = np.array([name == speaker for name in split.speakers or ()])
    return split.take(np.flatnonzero(is_his == is_wanted))
