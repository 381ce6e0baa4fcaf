"""Write IMDB's training reviews as train and validation splits that share no film.

    python -m benchmarks.films FOLDER

The official test split has no film in common with train, so a validation split drawn review by review
is too easy: the names of a film's actors give its verdict away. The defaults of the classifier were
chosen on this split, never on test. Films come from ``urls_pos.txt`` and ``urls_neg.txt``, whose
line n is the address of review n; a seeded tenth of the films is validation.
"""

from __future__ import annotations

import argparse
import random
import sys
import tarfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ostinato import datasets


def main() -> None:
    """Write ``train.parquet`` and ``validation.parquet`` into the folder given."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    reviews, films = {}, {}
    archive = next(datasets.locate("imdb").glob("aclImdb*.tar.*"))
    with tarfile.open(archive) as members:
        for member in members:
            place = member.name.split("/")
            if place[1:2] != ["train"] or (file := members.extractfile(member)) is None:
                continue
            content = file.read().decode()
            if place[2] in ("urls_pos.txt", "urls_neg.txt"):
                films[place[2][5:8]] = [line.split("/")[4] for line in content.splitlines()]
            elif place[2] in ("pos", "neg"):
                reviews[place[2], int(place[3].split("_")[0])] = content
    names = sorted({film for split in films.values() for film in split})
    held_out = set(random.Random(0).sample(names, len(names) // 10))
    for split, is_held_out in (("train", False), ("validation", True)):
        rows = [
            (text, label)
            for (label, number), text in sorted(reviews.items())
            if (films[label][number] in held_out) == is_held_out
        ]
        texts, labels = zip(*rows, strict=True)
        pq.write_table(pa.table({"text": texts, "label": labels}), folder / f"{split}.parquet")
        sys.stdout.write(f"{split}: {len(rows):,} reviews\n")


if __name__ == "__main__":
    main()
