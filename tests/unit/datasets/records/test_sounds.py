"""Recordings come out the same, whatever they are handed over in."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest
import torch

from ostinato import DatasetError, audio
from ostinato.datasets import Recordings, load_recordings, read_recordings

hugging_face = pytest.importorskip("datasets")
soundfile = pytest.importorskip("soundfile")

SAMPLES = [np.float32([0.0, 0.25, -0.5]), np.float32([0.5])]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{number}.wav" for number in range(2)]
    for path, samples in zip(paths, SAMPLES, strict=True):
        soundfile.write(path, samples, 8000)
    return paths


def heard(split: Recordings) -> list[tuple[int, list[float]]]:
    """The rate and the samples of each recording."""
    found = []
    for row in range(len(split)):
        rate, blocks = audio.files.blocks(split, row)
        found.append((rate, np.concatenate(list(blocks)).tolist()))
    return found


EXPECTED = [(8000, samples.tolist()) for samples in SAMPLES]
CONTAINERS = [list, tuple, iter, pd.Series, pl.Series, pa.array, lambda rows: pa.table({"a": rows})]


@pytest.mark.parametrize("make", CONTAINERS)
def test_paths_bytes_and_dictionaries(files: list[Path], make: object) -> None:
    names, data = [str(path) for path in files], [path.read_bytes() for path in files]
    assert heard(Recordings.make(make(names), make(["a", "b"]), "train")) == EXPECTED
    assert heard(Recordings.make(make(data), None, "train")) == EXPECTED
    for bits in (data, [None, None]):
        rows = [{"bytes": one, "path": name} for one, name in zip(bits, names, strict=True)]
        split = Recordings.make(make(rows), ["a", "b"], "train")
        assert heard(split) == EXPECTED
        assert split.names == names


@pytest.mark.parametrize("make", [list, tuple, iter, pd.Series])
@pytest.mark.parametrize(
    "kind", [list, tuple, np.array, torch.tensor, pd.Series, pl.Series, pa.array]
)
def test_samples(make: object, kind: object) -> None:
    arrays = [kind(samples.tolist()) for samples in SAMPLES]
    assert heard(Recordings.make(make(arrays), None, "train", sample_rate_hz=8000)) == EXPECTED


def test_samples_that_tell_their_rate() -> None:
    rows = [{"array": samples, "sampling_rate": 8000, "path": None} for samples in SAMPLES]
    assert heard(Recordings.make(rows, None, "train", sample_rate_hz=16000)) == EXPECTED
    decoded = [
        SimpleNamespace(data=torch.tensor(samples)[None], sample_rate=8000) for samples in SAMPLES
    ]
    decoders = [SimpleNamespace(get_all_samples=lambda one=one: one) for one in decoded]
    assert heard(Recordings.make(decoders, None, "train")) == EXPECTED
    rows[1]["sampling_rate"] = 16000
    with pytest.raises(DatasetError, match="must have one rate; got `16000`, `8000`"):
        Recordings.make(rows, None, "train")
    with pytest.raises(DatasetError, match="recording 1 must have bytes, a path, or an array"):
        Recordings.make([{"bytes": None, "path": None}], None, "train")


def test_a_message_never_holds_the_samples() -> None:
    for sound in ([object()] * 10**5, {"bytes": None, "x" * 10**5: 1}, ["a" * 10**6], 10**50):
        with pytest.raises(DatasetError) as caught:
            Recordings.make([sound], None, "train", sample_rate_hz=8000)
        assert len(str(caught.value)) < 400


@pytest.fixture
def dataset(files: list[Path]) -> object:
    rows = {"audio": [str(path) for path in files], "sentence": ["one", "two"], "client_id": [1, 2]}
    return hugging_face.Dataset.from_dict(rows).cast_column("audio", hugging_face.Audio())


def test_a_column_of_audio(dataset: object, files: list[Path]) -> None:
    split = Recordings.make(dataset["audio"], dataset["sentence"], "train")
    assert heard(split) == EXPECTED
    assert split.transcripts == ["one", "two"]
    turned = dataset.select([1, 0])
    assert heard(Recordings.make(turned["audio"], None, "train")) == EXPECTED[::-1]


def test_splits_of_recordings_become_splits(dataset: object, caplog: object) -> None:
    silent = dataset.select([0]).remove_columns("sentence").add_column("sentence", [None])
    whole = hugging_face.DatasetDict({"train": dataset, "validation": dataset, "test": silent})
    splits = load_recordings(whole)
    assert list(splits) == ["train", "validation"]
    assert heard(splits["train"]) == EXPECTED
    assert (splits["train"].transcripts, splits["train"].speakers) == (["one", "two"], ["1", "2"])
    assert "test: no row has a label in column `sentence`; the split is left out" in caplog.text
    with pytest.raises(DatasetError, match="no text column `said`"):
        load_recordings(dataset, text_column="said")
    with pytest.raises(DatasetError, match="or a Hugging Face Dataset or DatasetDict; got dict"):
        load_recordings({"train": {"audio": []}})


def test_a_parquet_table_of_audio(files: list[Path], tmp_path: Path) -> None:
    rows = [{"bytes": path.read_bytes(), "path": path.name} for path in files]
    table = pa.table({"audio": rows, "text": ["one", "two"]})
    pyarrow.parquet.write_table(table, tmp_path / "train.parquet")
    split = read_recordings(tmp_path / "train.parquet")
    assert heard(split) == EXPECTED
    assert split.names == ["row 1 (0.wav)", "row 2 (1.wav)"]
    assert split.audio[0].parent != tmp_path  # its own bytes, not the file of that name
    rows = [{"bytes": None, "path": path.name} for path in files]
    pyarrow.parquet.write_table(
        pa.table({"audio": rows, "text": ["a", "b"]}), tmp_path / "b.parquet"
    )
    assert read_recordings(tmp_path / "b.parquet").audio == files
