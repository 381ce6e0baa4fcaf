"""A data file that wants to break what reads it is told in one sentence, soon and in little memory."""

from __future__ import annotations

import gzip
import io
import json
import os
import struct
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.fuzz_runs import attempt

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of a process are Linux's")

SECONDS, GIB, LINE = 10, 2**30, 300
DAYS = [f"2024-01-{day:02}" for day in range(1, 29)]
Content = bytes | str | Callable[[Path], object]


def texts(row: str, count: int = 20) -> str:
    return "text,label\n" + f"{row}\n" * count


def bomb(path: Path) -> None:
    with gzip.open(path, "wb", 1) as file:
        for _ in range(40):
            file.write(b"a" * 10_000_000)


def parquet(**columns: pa.Array) -> Callable[[Path], None]:
    return lambda path: pq.write_table(pa.table(columns), path)


def twice(path: Path) -> None:
    names = ["text", "text", "label"]
    pq.write_table(pa.Table.from_arrays([pa.array(["a", "b"])] * 3, names=names), path)


def damaged(path: Path) -> None:
    parquet(text=pa.array([f"text {n}" for n in range(1000)]))(path)
    data = bytearray(path.read_bytes())
    data[40:200] = bytes(byte ^ 0x55 for byte in data[40:200])
    path.write_bytes(data)


def npz(shape: tuple[int, ...], **more: np.ndarray) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        header = io.BytesIO()
        told = {"descr": "<f8", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(header, told)
        with zipfile.ZipFile(path, "w") as archive:
            for name in ("X", "y"):
                archive.writestr(f"{name}.npy", header.getvalue() + bytes(48))

    return write


def sound(
    rate: int = 8000,
    *,
    channels: int = 1,
    bits: int = 16,
    kind: int = 1,
    samples: bytes = bytes(4800),
) -> bytes:
    size = channels * bits // 8
    head = struct.pack(
        "<IHHIIHH", 16, kind, channels, rate, rate * size % 2**32, size % 2**16, bits
    )
    data = b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", 28 + len(data)) + b"WAVEfmt " + head + data


def floats(value: float) -> bytes:
    return np.full(3000, value, "<f4").tobytes()


WIDE = ",".join(f"c{n}" for n in range(100_000))
CASES: dict[str, tuple[str, str, Content]] = {
    "nuls": ("classify", "a.csv", bytes(1_000_000)),
    "half a pair of UTF-16": ("classify", "a.csv", texts("a,b").encode("utf-16")[:-1] + b"\xd8"),
    "an open quote": ("classify", "a.csv", 'text,label\n"' + "a,b\n" * 100_000),
    "wide": ("classify", "a.csv", f"{WIDE}\n{WIDE}\n"),
    "wide series": ("forecast", "a.csv", f"date,{WIDE}\n2024-01-01,{WIDE}\n"),
    "wide steps": ("classify-series", "a.csv", f"id,label,{WIDE}\n1,a,{WIDE}\n"),
    "empty names": ("classify", "a.csv", "," * 100_000 + "\n" + "," * 100_000 + "\n"),
    "a long name": ("classify", "a.parquet", parquet(**{"x" * 10**5: pa.array(["a"] * 9)})),
    "long names": (
        "classify",
        "a.parquet",
        parquet(**{f"{n}" * 100: pa.array(["a"] * 9) for n in range(9)}),
    ),
    "a column twice": ("classify", "a.parquet", twice),
    "rows of nothing": (
        "classify",
        "a.parquet",
        parquet(text=pa.nulls(50_000_000), label=pa.nulls(50_000_000)),
    ),
    "bytes for texts": (
        "classify",
        "a.parquet",
        parquet(text=pa.array([b"\xff"] * 9), label=pa.array([1] * 9)),
    ),
    "a damaged page": ("classify", "a.parquet", damaged),
    "a false footer": ("classify", "a.parquet", b"PAR1" + bytes(200) + b"\xff\xff\xff\x7fPAR1"),
    "deep": ("classify", "a.json", "[" * 200_000),
    "deep lines": ("classify", "a.jsonl", '{"text":' + "[" * 200_000 + "\n"),
    "deep objects": ("tag", "a.jsonl", '{"tokens":' + '{"a":' * 5000 + "\n"),
    "many digits": ("classify", "a.jsonl", '{"text": "a", "label": ' + "9" * 5000 + "}\n"),
    "a name twice": ("classify", "a.jsonl", '{"text": "a", "label": 1, "label": 2}\n' * 9),
    "a name twice, in an array": ("classify", "a.json", '[{"text": "a", "text": "b", "label": 1}]'),
    "half a surrogate": ("classify", "a.jsonl", '{"text": "\\ud800", "label": "a"}\n' * 9),
    "NaN as a label": ("classify", "a.jsonl", '{"text": "a", "label": NaN}\n' * 9),
    "a value of many digits": (
        "forecast",
        "a.csv",
        "date,x\n" + "".join(f"{day},{'9' * 5000}\n" for day in DAYS),
    ),
    "a time of many digits": (
        "forecast",
        "a.csv",
        "date,x\n" + "".join(f"{'9' * 5000}{n},1\n" for n in range(20)),
    ),
    "the end of time": (
        "forecast",
        "a.csv",
        "date,x\n" + "".join(f"{day},1\n" for day in [*DAYS, "9999-12-31"]),
    ),
    "a step beyond floats": (
        "classify-series",
        "a.csv",
        "id,x,label\n" + "".join(f"{n // 3},{10**400},a\n" for n in range(9)),
    ),
    "a gzip bomb": ("classify", "a.csv.gz", bomb),
    "half a gzip file": ("classify", "a.csv.gz", gzip.compress(texts("a,b").encode())[:-10]),
    "an array of 10^17": ("classify-series", "a.npz", npz((10**12, 10**5))),
    "an array of less than none": ("classify-series", "a.npz", npz((-1, 3, 2))),
    "pickles": (
        "classify-series",
        "a.npz",
        lambda path: np.savez(path, X=np.array([{"a": 1}], object), y=np.array([1])),
    ),
    "an array of another name": (
        "classify-series",
        "a.npz",
        lambda path: np.savez(path, **{"x" * 3000: np.zeros(3)}),
    ),
    "complex numbers": (
        "classify-series",
        "a.npz",
        lambda path: np.savez(path, X=np.zeros((9, 5, 2), complex), y=np.arange(9) % 2),
    ),
    "a pipe": ("classify", "a.csv", os.mkfifo),
    "a device": ("classify", "a.csv", lambda path: path.symlink_to("/dev/zero")),
    "a circle": ("tag", "a.conll", lambda path: path.symlink_to(path.name)),
    "a folder of itself": (
        "classify",
        "a",
        lambda path: (path.mkdir(), (path / "a").symlink_to(path)),
    ),
    "memory": ("classify", "a.csv", lambda path: path.symlink_to("/proc/self/mem")),
    "1 Hz": ("transcribe", "a.wav", sound(1)),
    "4 GHz": ("transcribe", "a.wav", sound(2**32 - 1)),
    "no channel": ("transcribe", "a.wav", sound(channels=0)),
    "65,535 channels": ("transcribe", "a.wav", sound(channels=2**16 - 1)),
    "7 bits": ("transcribe", "a.wav", sound(bits=7)),
    "an unknown coding": ("transcribe", "a.wav", sound(kind=99)),
    "no sample": ("transcribe", "a.wav", sound(samples=b"")),
    "1e38": ("transcribe", "a.wav", sound(bits=32, kind=3, samples=floats(1e38))),
    "NaN": ("transcribe", "a.wav", sound(bits=32, kind=3, samples=floats(np.nan))),
    "noise as mp3": ("transcribe", "a.mp3", b"\xff\xfb\x90\x00" * 3000),
    "noise as flac": ("transcribe", "a.flac", b"fLaC" + bytes(range(256)) * 4),
    "a part before its sound": (
        "transcribe",
        "m.jsonl",
        json.dumps({"audio_filepath": "a.wav", "text": "a", "offset": -5, "duration": 1e308}),
    ),
    "a list as a path": ("transcribe", "m.jsonl", '{"audio_filepath": ["x"], "text": {"a": 1}}\n'),
}


@pytest.mark.parametrize(("task", "name", "content"), CASES.values(), ids=CASES)
def test_a_hostile_file_ends_in_a_sentence(tmp_path, monkeypatch, task, name, content):
    monkeypatch.chdir(tmp_path)
    path = Path(name)
    if callable(content):
        content(path)
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    if name.startswith("a.") and task == "transcribe":
        path = Path("sounds.csv")
        path.write_text("path,text\n" + f"{name},a\n{name},b\n" * 6)
    options = ["--epochs", "1", "--hidden-size", "4", "--out", "run"]
    begun = time.thread_time()
    ended = attempt(["train", task, str(path), *options])
    assert time.thread_time() - begun < SECONDS
    assert list(ended.faults()) == []
    assert ended.code in (1, 2)
    assert ended.peak < GIB
    last = ended.err.splitlines()[-1].replace(f"{tmp_path}/", "")
    assert len(last) <= LINE, last
    assert not Path("run", "model.safetensors").exists()


@pytest.mark.parametrize(
    "option", ["--vectors=v.txt", "--frequency=" + "9" * 5000 + "D", "--tokenizer=" + "x" * 9999]
)
def test_what_is_beside_the_data_is_told_in_a_sentence_too(tmp_path, monkeypatch, option):
    monkeypatch.chdir(tmp_path)
    Path("v.txt").write_text("9" * 5000 + " 300\na 1 2\n")
    Path("a.csv").write_text(texts("a film,b", 9) + "a book,c\n" * 9)
    Path("s.csv").write_text("date,x\n" + "".join(f"{day},{day[-1]}\n" for day in DAYS))
    task = ["forecast", "s.csv"] if option.startswith("--frequency") else ["classify", "a.csv"]
    ended = attempt(["train", *task, "--out", "run", option])
    assert list(ended.faults()) == []
    assert ended.code in (1, 2)
    assert len(ended.err.splitlines()[-1]) <= LINE


def test_a_run_folder_whose_name_is_not_utf8_is_refused_before_training(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(texts("a film,b", 9) + "a book,c\n" * 9)
    ended = attempt(["train", "classify", "a.csv", "--out", os.fsdecode(b"\xff\xfe")])
    assert ended.code == 2
    assert "the path of a run folder must be UTF-8" in ended.err
