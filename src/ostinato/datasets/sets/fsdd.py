"""The Free Spoken Digit Dataset: 3,000 recordings of English digits by six speakers."""

from __future__ import annotations

import hashlib
import re
import tarfile
from pathlib import Path

from ostinato._errors import DatasetError
from ostinato._kinds import RECORDINGS
from ostinato._sums import digest_of
from ostinato.datasets.cache import cached
from ostinato.datasets.dataset import Dataset, File
from ostinato.datasets.files import DAMAGED, open_binary, reason
from ostinato.datasets.records.recordings import Recordings

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
COUNT = 3000
CONTENT_SHA256 = "3ee995d6778c7ff34ae05297eb4f0002f5097dec693dcf8735ec30e8d8146944"
"""Of the names and digests of the recordings, sorted; GitHub packs the archive anew at any time."""

ARCHIVE = File(
    url="https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/v1.0.10.tar.gz",
    name="free-spoken-digit-dataset.tar.gz",
    sha256=None,
    size_bytes=15570017,
)

_NAME = re.compile(r"(?:^|/)(([0-9])_([a-z]+)_([0-9]+)\.wav)$")
_LAST_OF_TEST = 4  # the official test split has the indices 0 to 4 of each digit and speaker
_ANEW = " Remove it and fetch it anew: ostinato data get fsdd."


def read(folder: Path) -> dict[str, Recordings]:
    """Read the official splits: test is indices 0-4 of each digit and speaker.

    Args:
        folder: Folder with the archive, or with the repository's folder recordings.

    Raises:
        DatasetError: It is truncated or damaged, or lacks recordings.
    """
    path = find(folder)
    if path is None:
        raise DatasetError(
            f"{folder}: it must hold recordings/ or {ARCHIVE.name}; got neither.{_ANEW}"
        )
    files = sorted((_extracted(path) if path.is_file() else path).glob("*.wav"))
    if len(files) != COUNT:
        raise DatasetError(
            f"Data set fsdd: {path} must hold {COUNT} recordings; got {len(files)}.{_ANEW}"
        )
    splits: dict[str, list[tuple[Path, str, str]]] = {"train": [], "test": []}
    for file in files:
        match = _NAME.search(file.name)
        if match is None:
            raise DatasetError(
                f"Data set fsdd: a recording must be called digit_speaker_index.wav; got {file}."
            )
        _, digit, speaker, index = match.groups()
        split = "test" if int(index) <= _LAST_OF_TEST else "train"
        splits[split].append((file, WORDS[int(digit)], speaker))
    return {
        name: Recordings.make(
            [file for file, _, _ in rows],
            [word for _, word, _ in rows],
            f"fsdd {name}",
            speakers=[speaker for _, _, speaker in rows],
            names=[file.name for file, _, _ in rows],
        )
        for name, rows in splits.items()
    }


def find(folder: Path) -> Path | None:
    """Return the folder of recordings or the archive that a folder holds, or None.

    Args:
        folder: Folder to look in.

    Example:
        >>> find(getfixture("tmp_path")) is None
        True
    """
    for place in (folder / "recordings", folder / ARCHIVE.name):
        if place.exists():
            return place
    return None


def _extracted(archive: Path) -> Path:
    """Return the recordings of the archive, unpacked into the cache."""

    def make(folder: Path) -> None:
        digests = []
        try:
            with open_binary(archive) as stream, tarfile.open(fileobj=stream, mode="r|") as members:
                for member in members:
                    match = _NAME.search(member.name)
                    content = members.extractfile(member) if match and member.isfile() else None
                    if match and content is not None:
                        data = content.read()
                        (folder / match[1]).write_bytes(data)
                        digests.append(f"{match[1]} {hashlib.sha256(data).hexdigest()}")
        except (tarfile.TarError, *DAMAGED) as error:
            raise DatasetError(
                f"Data set fsdd: {archive} must be a whole tar archive; got {reason(error)}.{_ANEW}"
            ) from error
        content_sha256 = hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()
        if content_sha256 != CONTENT_SHA256:
            raise DatasetError(
                f"Data set fsdd: {archive} must hold the {COUNT} recordings of v1.0.10; it holds "
                f"{len(digests)}, or others (sha256 {content_sha256}).{_ANEW}"
            )

    return cached("recordings", digest_of(archive), make)


DATASET = Dataset(
    name="fsdd",
    description="Free Spoken Digit Dataset 1.0.10: English digits, 8 kHz, six speakers; 2,700 + 300",
    source="https://github.com/Jakobovski/free-spoken-digit-dataset",
    files=(ARCHIVE,),
    licence="CC BY-SA 4.0",
    citation=(
        "Jackson, Souza, Flaks, Pan, Nicolas and Thite (2018): Free Spoken Digit Dataset, v1.0.8. "
        "https://doi.org/10.5281/zenodo.1342401"
    ),
    languages=("en",),
    kind=RECORDINGS,
    read=read,
    is_present=lambda folder: find(folder) is not None,
)
