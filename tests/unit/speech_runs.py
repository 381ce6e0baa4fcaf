"""Run folders of speech recognition as training leaves them, made up but realistic."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ostinato.datasets import Recordings
from ostinato.metrics import character_errors, transcription_metrics
from ostinato.runs.speech import write_transcripts

WORDS = ("ja", "nein", "zwei", "drei", "sieben", "neunzehn", "hundert", "<b>&amp;</b>")
CHINESE = ("今天天气很好", "北京大学", "请打开音乐", "明天下雨吗", "谢谢")
SPEAKERS = ("Ana", "<script>alert(1)</script>", "陈伟")
PICTURED = 12
BANDS = 20


def speech(
    folder: Path,
    *,
    n: int = 60,
    wrong: float = 0.12,
    speakers: Sequence[str] | None = SPEAKERS,
) -> Path:
    """German numbers by three speakers; a test split; every file."""
    generator = np.random.default_rng(11)
    said = [" ".join(generator.choice(WORDS, generator.integers(1, 9))) for _ in range(n)]
    return recognised(folder, said, wrong=wrong, speakers=speakers)


def chinese_speech(folder: Path, *, n: int = 30) -> Path:
    """Chinese, without spaces."""
    return recognised(folder, [CHINESE[i % len(CHINESE)] for i in range(n)], wrong=0.1)


def unfinished_speech(folder: Path, *, num_epochs: int = 2) -> Path:
    """A recogniser that is still training: no final figures, no predictions."""
    write_json(folder / "labels.json", {"classes": ["a", "b"], "unit": "character"})
    write_config(folder, ["a b", "b"])
    write_history(folder, num_epochs)
    return folder


def recognised(
    folder: Path,
    said: Sequence[str],
    written: Sequence[str] | None = None,
    *,
    wrong: float = 0.0,
    speakers: Sequence[str] | None = None,
    seconds: Sequence[float] | None = None,
    confidence: Sequence[float] | None = None,
) -> Path:
    """Write every file of a run in which ``said`` was taken for ``written``."""
    generator = np.random.default_rng(12)
    alphabet = sorted(set("".join(said) + "".join(written or ())) - {" "}) or ["a"]
    if written is None:
        written = [_misheard(text, alphabet, wrong, generator) for text in said]
    who = None if speakers is None else [speakers[i % len(speakers)] for i in range(len(said))]
    classes = [" ", *alphabet] if any(" " in text for text in (*said, *written)) else alphabet
    answers = [
        {
            "text": text,
            "confidence": float(generator.beta(6, 1)) if confidence is None else confidence[row],
            "seconds": 0.4 + 0.09 * len(said[row]) if seconds is None else seconds[row],
        }
        for row, text in enumerate(written)
    ]
    write_json(folder / "labels.json", {"classes": classes, "unit": "character"})
    write_config(folder, said)
    write_history(folder, 4)
    figures = transcription_metrics(said, written, speakers=who)
    metrics = {"test": {**figures, "loss": 0.3127, "real_time_factor": 0.00421}}
    totals = {"best_epoch": 3, "train_seconds": 252.0, "peak_memory_bytes": 1288490188}
    write_json(folder / "metrics.json", {**metrics, **totals})
    names = [f"test/{row:04}.wav" for row in range(len(said))]
    errors = character_errors(said, written)
    rates = errors.total / np.maximum(errors.units, 1)
    order = sorted(range(len(said)), key=lambda row: (-rates[row], answers[row]["confidence"]))
    write_transcripts(
        folder,
        split="test",
        recordings=Recordings.make(names, said, "numbers", speakers=who),
        answers=answers,
        pictures={
            row: picture(written[row], classes, answers[row]["seconds"], generator)
            for row in order[:PICTURED]
        },
    )
    return folder


def picture(
    text: str, classes: Sequence[str], seconds: float, generator: np.random.Generator
) -> dict[str, Any]:
    """Return what there is to see of a recording of which ``text`` was written."""
    shown = min(seconds, 15.0)
    num_frames = max(round(shown * 100), 1)
    num_steps = -(-num_frames // 2)
    probabilities = np.full((num_steps, len(classes) + 1), 1e-4)
    probabilities[:, 0] = 1
    for place, symbol in enumerate(text):
        step = min(int((place + 0.5) / len(text) * num_steps), num_steps - 1)
        probabilities[step, 1 + list(classes).index(symbol)] = 4
        probabilities[step, 1 + generator.integers(len(classes))] += 0.8
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    loudness = np.abs(generator.normal(size=min(400, num_frames * 4)))
    return {
        "seconds_shown": shown,
        "waveform": np.stack([-loudness, loudness], axis=1) / 4,
        "frames": generator.normal(-8, 3, (num_frames, BANDS)),
        "probabilities": probabilities,
    }


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as JSON, making the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def write_config(folder: Path, said: Sequence[str]) -> None:
    """Write config.json."""
    split = {
        "n": len(said),
        "source": "numbers/test.csv",
        "fingerprint": "51ab" * 16,
        "labels": dict(Counter(word for text in said for word in text.split())),
        "length": {"mean": 131.5, "median": 120.0, "p95": 240.0, "max": 312},
        "unknown_rate": 0.0,
        "repeated": 2,
        "duplicates_of_train": 0,
        "seconds": 93.4,
        "too_long": 0,
    }
    config = {
        "format": 1,
        "ostinato": "0.1.0",
        "task": "speech-recognition",
        "settings": {
            "recurrent": {
                "cell": "gru",
                "hidden_size": 128,
                "num_layers": 2,
                "bidirectional": False,
            },
            "training": {"epochs": 4, "max_grad_norm": 1.0},
            "features": {"bands": BANDS, "hop": 0.01, "subsampling": 2},
            "unit": "character",
        },
        "data": {
            "source": "numbers",
            "columns": {"audio": "path", "text": "said", "speaker": "who"},
            "parts": {
                "train": {**split, "n": 8 * len(said), "seconds": 747.2, "too_long": 17},
                "test": split,
            },
        },
        "environment": {"python": "3.11.7", "torch": "2.13.0+cpu"},
        "command": "ostinato train transcribe numbers",
        "created": "2026-03-01T12:00:00+00:00",
    }
    write_json(folder / "config.json", config)


def write_history(folder: Path, num_epochs: int) -> None:
    """Write history.jsonl."""
    lines = [
        {
            "epoch": epoch,
            "steps": 50 * epoch,
            "train": {"loss": 3.0 / epoch, "log_likelihood": -3.0 / epoch},
            "validation": {
                "loss": 2.5 / epoch,
                "log_likelihood": -2.5 / epoch,
                "wer": 1.2 / epoch,
                "cer": 0.5 / epoch,
            },
            "learning_rate": 2e-3 / epoch,
            "grad_norm": {"mean": 0.9 / epoch, "max": 14.0 / epoch, "clipped": 0.31 / epoch},
            "tokens_per_second": 41072.5,
            "seconds": 51.25,
            "best": epoch <= 3,
        }
        for epoch in range(1, num_epochs + 1)
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "history.jsonl").write_text(text, encoding="utf-8")


def _misheard(
    text: str, alphabet: Sequence[str], wrong: float, generator: np.random.Generator
) -> str:
    """Return a text of which some letters are taken for others, left out, or doubled."""
    heard = ""
    for letter in text:
        luck = generator.random() / max(wrong, 1e-9)
        if luck > 1:
            heard += letter
        elif luck < 0.4:
            heard += str(generator.choice(alphabet))
        elif luck < 0.6:
            heard += letter * 2
    return " ".join(heard.split())
