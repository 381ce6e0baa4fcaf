"""ChnSentiCorp: 12,000 Chinese reviews of hotels, laptops and books, negative or positive."""

from __future__ import annotations

from pathlib import Path

from ostinato._errors import DatasetError
from ostinato._kinds import TEXTS
from ostinato.datasets.dataset import Dataset
from ostinato.datasets.files import decode, read_bytes
from ostinato.datasets.records.texts import Examples
from ostinato.datasets.sets.official import files_of, read_splits, served

_URL = (
    "https://raw.githubusercontent.com/jsksxs360/How-to-use-Transformers/"
    "885a519175fdf92758155d0f9ce550135793faff/data/ChnSentiCorp/"
)
_SPLITS = {
    "train": served(
        f"{_URL}train.txt",
        sha256="8366e1c561bba37707bdd3575b5da853abb472ff92e812ed3b2c755351811f62",
        size_bytes=3019961,
        rows=9600,
    ),
    "validation": served(
        f"{_URL}dev.txt",
        sha256="4ebb5d4fc9d9b23665331cccd3b121174ce42ccfd6d0b163f3830bda53ce65f8",
        size_bytes=374217,
        rows=1200,
    ),
    "test": served(
        f"{_URL}test.txt",
        sha256="4875718992ca69dbb868a93ca1e7e27f506c90b673a4f0a821d4cd17cbc3b4c7",
        size_bytes=369729,
        rows=1200,
    ),
}
_ANEW = "Remove it and fetch it anew: ostinato data get chnsenticorp."


def _read_split(path: Path) -> Examples:
    texts, labels = [], []
    lines = decode(read_bytes(path), str(path)).split("\n")
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        text, _, label = line.rstrip("\r").rpartition("\t")
        if label not in ("0", "1"):
            raise DatasetError(
                f"{path}: line {number} must be text<TAB>label with label 0 or 1; "
                f"got label `{label[:20]}`. {_ANEW}"
            )
        texts.append(text)
        labels.append(label)
    return Examples.make(texts, labels, str(path))


DATASET = Dataset(
    name="chnsenticorp",
    description="ChnSentiCorp: hotel, laptop and book reviews, negative or positive; 9,600 + 1,200 + 1,200",
    source="https://github.com/jsksxs360/How-to-use-Transformers",
    licence="none stated; for research",
    citation=(
        "Tan and Zhang (2008): An empirical study of sentiment analysis for Chinese documents. "
        "Expert Systems with Applications 34(4), 2622-2629. doi:10.1016/j.eswa.2007.05.028"
    ),
    languages=("zh",),
    kind=TEXTS,
    read=lambda folder: read_splits("chnsenticorp", _SPLITS, folder, _read_split),
    **files_of(_SPLITS),
)
