"""A folder for each word, whose name is what is said in its recordings, as of Speech Commands."""

from __future__ import annotations

import logging
from pathlib import Path

from ostinato._errors import DatasetError, named
from ostinato.datasets.file_names import path_text
from ostinato.datasets.files import read_lines
from ostinato.datasets.folders import files_within
from ostinato.datasets.readers.recordings.manifests import SOUNDS, sounds_in
from ostinato.datasets.readers.tables.frames import FORMATS
from ostinato.datasets.records.recordings import Recordings

logger = logging.getLogger("ostinato")

LISTS = {"validation": "validation_list.txt", "test": "testing_list.txt"}
_BESIDE = (".txt", ".lab", ".trn", ".wrd", ".phn", ".trans", ".textgrid", ".srt", ".vtt", ".eaf")
_TELLING = (*FORMATS, *_BESIDE, ".stm", ".ctm", ".scp", ".xml", ".list", ".transcript", ".prompts")
_IGNORED = ("readme", "license", "licence", "copying", "authors", "changelog", "citation")


def is_by_word(folder: Path) -> bool:
    """Return whether sounds lie only in folders within, each of a word, without texts.

    It is none if there is a table or a text that may tell what is said, or one of the folders has sounds
    only in folders within: then these are folders of speakers or sessions.

    Args:
        folder: An existing folder.

    Example:
        >>> folder = getfixture("tmp_path")
        >>> (folder / "yes").mkdir()
        >>> (folder / "yes" / "1.wav").touch()
        >>> is_by_word(folder), is_by_word(folder / "yes")
        (True, False)
    """
    depths: dict[str, int] = {}
    for path in folder.rglob("*"):
        if path.is_dir() or path.name.startswith("."):
            continue
        if path.suffix.lower() in SOUNDS:
            *folders, _ = path.relative_to(folder).parts
            if not folders:
                return False
            depths[folders[0]] = min(len(folders), depths.get(folders[0], len(folders)))
        elif _may_tell(path):
            return False
    return bool(depths) and max(depths.values()) == 1


def _may_tell(path: Path) -> bool:
    """Return whether a file may tell what is said."""
    if path.name in LISTS.values() or path.stem.lower() in _IGNORED:
        return False
    return not path.suffix or path.suffix.lower() in _TELLING


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
        "%s: no recording has a text beside it; the names of the %d folders are taken for what is said: %s.",
        *(folder, len(set(words)), named(list(dict.fromkeys(words)))),
    )
    return Recordings.make(files, words, str(folder), names=[path_text(name) for name in names])


def listed_splits(folder: Path, train: Recordings) -> dict[str, Recordings]:
    """Return the splits that lists beside the words tell, as those of Speech Commands.

    Args:
        folder: The folder; ``validation_list.txt`` and ``testing_list.txt`` name recordings in it.
        train: All its recordings.

    Raises:
        DatasetError: The lists leave no recording to train on, or name one twice.
    """
    places = {name: row for row, name in enumerate(train.names)}
    rows: dict[str, list[int]] = {}
    for split, file in LISTS.items():
        if files_within(folder, [folder / file] if (folder / file).exists() else []):
            lines = [line.strip() for line in read_lines(folder / file, None)]
            rows[split] = sorted({places[line] for line in lines if line in places})
    taken = [row for split in rows.values() for row in split]
    if len(set(taken)) < len(taken):
        raise DatasetError(
            f"{folder}: a recording must be of one split; {train.names[_twice(taken)]} stands in both "
            f"{' and '.join(LISTS.values())}. Correct one of them."
        )
    kept = sorted(set(range(len(train))) - set(taken))
    if not kept:
        raise DatasetError(
            f"{folder}: a recording must be left to train on; all stand in {' or '.join(LISTS.values())}. "
            "Remove the lists, or some of their lines."
        )
    if taken:
        logger.info(
            "%s: %s name the other splits: %s recordings.",
            *(folder, " and ".join(LISTS[split] for split in rows)),
            ", ".join(f"{split} has {len(of_split):,}" for split, of_split in rows.items()),
        )
    return {
        "train": train.take(kept),
        **{split: train.take(of_split) for split, of_split in rows.items() if of_split},
    }


def _twice(rows: list[int]) -> int:
    return next(row for row in rows if rows.count(row) > 1)
