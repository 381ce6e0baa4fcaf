"""Run folders as training leaves them, made up but realistic."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.forecast_runs import forecasts, one_series, unfinished_forecasts
from tests.unit.speech_runs import chinese_speech, speech, unfinished_speech

from ostinato.datasets.records.schemes import Span, spans_of, tags_of
from ostinato.metrics import tagging_metrics

ENGLISH = (
    "I went in expecting very little and still came out disappointed. The leads have no chemistry, "
    "the jokes arrive a beat late, and the last act seems to belong to another film.",
    "Not the masterpiece its admirers promise, but not the failure its critics describe either; "
    "there is a scene in a railway station that I have thought about every day since.",
    "<script>alert('gotcha')</script> & \"quoted\" <b>markup</b> ought to be shown as it was typed.",
    "Wonderful wonderful wonderful. If you enjoy watching paint dry, that is.",
    "see http://example.org/" + "very-long-address-without-a-break-" * 6 + "end",
)
CHINESE = (
    "房间很小,隔音也差,半夜走廊里一直有人说话。不过前台的态度很好,早餐的品种也比较多,总的来说对得起这个价格。",
    "书的内容不错,就是包装太随意了,送到的时候封面已经折了,希望以后改进。",
    "除了位置方便以外,实在找不出什么优点,下次不会再来了。",
)
NAMES = {
    "LOC": ("Seoul", "Rio de Janeiro", "الخرطوم", "<script>alert(1)</script>"),
    "ORG": ("United Nations", "Bank of England", "Lazio"),
    "PER": ("Angela Merkel", "Chen Wei", "Ana"),
}
WORDS = ("the", "talks", "with", "of", "ended", "in", "a", "draw", "were", "said", ".", ",", "&")
POS = ("NOUN", "VERB", "ADJ", "PUNCT", "X")


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a run folder of a kind and returns it."""
    kinds = {
        "english": english,
        "chinese": chinese,
        "many": many,
        "multi-label": multi_label,
        "unfinished": unfinished,
        "entities": entities,
        "chinese-entities": chinese_entities,
        "parts-of-speech": parts_of_speech,
        "unfinished-entities": unfinished_entities,
        "speech": speech,
        "chinese-speech": chinese_speech,
        "unfinished-speech": unfinished_speech,
        "forecasts": forecasts,
        "one-series": one_series,
        "unfinished-forecasts": unfinished_forecasts,
    }
    return lambda kind, **options: kinds[kind](tmp_path / kind, **options)


def english(folder: Path, *, n: int = 2000, right: float = 0.9) -> Path:
    """Two classes, English, a test split; every file."""
    return finished(
        folder, ["neg", "pos"], ENGLISH, n=n, right=right, source="imdb", test_curve=False
    )


def chinese(folder: Path, *, n: int = 800) -> Path:
    """Five classes, Chinese names and texts."""
    names = ["非常不满意", "不满意", "一般", "满意", "非常满意"]
    return finished(folder, names, CHINESE, n=n, right=0.7, source="酒店评论.csv", test_curve=True)


def many(folder: Path, *, n: int = 3000, num_classes: int = 100) -> Path:
    """A hundred classes."""
    names = [
        f"{('intent', 'topic', 'a rather long class name')[i % 3]} {i}" for i in range(num_classes)
    ]
    return finished(folder, names, ENGLISH, n=n, right=0.8, source="intents.csv", test_curve=False)


def multi_label(folder: Path, *, n: int = 600) -> Path:
    """Four labels, any number to a text."""
    generator = np.random.default_rng(3)
    names = ["acting", "music", "plot", "camera <i>work</i>"]
    labels = generator.random((n, 4)) < [0.5, 0.2, 0.4, 0.05]
    logits = (labels * 2 - 1) * 1.6 + generator.normal(0, 1.4, labels.shape)
    probabilities = 1 / (1 + np.exp(-logits))
    answers = probabilities >= 0.5
    confidence = np.maximum(probabilities, 1 - probabilities).min(axis=1)
    rows = [[names[j] for j in np.flatnonzero(row)] for row in labels]
    answered = [[names[j] for j in np.flatnonzero(row)] for row in answers]
    is_right = (labels == answers).all(axis=1)
    write_json(folder / "labels.json", {"classes": names, "multi_label": True})
    write_config(
        folder, dict(zip(names, labels.sum(axis=0).tolist(), strict=True)), n, "aspects.jsonl"
    )
    write_history(folder, num_epochs=4, test_curve=False)
    write_metrics(folder, n, float(is_right.mean()), split="validation", f1_micro=0.81)
    write_predictions(
        folder, rows, answered, confidence, probabilities, is_right, ENGLISH, "validation"
    )
    return folder


def unfinished(folder: Path, *, num_epochs: int = 2) -> Path:
    """A run that is still training: no final figures, no predictions."""
    write_json(folder / "labels.json", {"classes": ["neg", "pos"], "multi_label": False})
    write_config(folder, {"neg": 11250, "pos": 11250}, 25000, "imdb")
    if num_epochs:
        write_history(folder, num_epochs=num_epochs, test_curve=False)
    return folder


def entities(folder: Path, *, n: int = 120) -> Path:
    """Spans of three types in English, in BIOES; a test split; every file."""
    generator = np.random.default_rng(5)
    sentences, labels, predictions = [], [], []
    for _ in range(n):
        tokens: list[str] = []
        spans: list[Span] = []
        for _ in range(generator.integers(1, 4)):
            tokens += generator.choice(WORDS, size=generator.integers(0, 8)).tolist()
            kind = str(generator.choice(list(NAMES)))
            name = str(generator.choice(NAMES[kind])).split()
            spans.append(Span(len(tokens), len(tokens) + len(name), kind))
            tokens += [*name, "said"]
        sentences.append(tokens)
        labels.append(tags_of(spans, len(tokens), "BIOES"))
        predictions.append(tags_of(_misread(spans, generator), len(tokens), "BIOES"))
    return tagged(folder, sentences, labels, predictions, scheme="BIOES", source="conll2003")


def chinese_entities(folder: Path, *, n: int = 40) -> Path:
    """Spans in Chinese, one character a token, in BMES."""
    row = [
        "B-人名",
        "E-人名",
        "O",
        "O",
        "B-机构",
        "M-机构",
        "M-机构",
        "E-机构",
        "O",
        "O",
        "O",
        "S-人名",
    ]
    wrong = ["B-人名", "E-人名", "O", "O", "B-机构", "E-机构", "O", "O", "O", "O", "O", "O"]
    return tagged(
        folder,
        [list("王伟毕业北京大学199李")] * n,
        [row] * n,
        [wrong if i % 3 == 0 else row for i in range(n)],
        scheme="BMES",
        source="简历",
    )


def parts_of_speech(folder: Path, *, n: int = 120) -> Path:
    """A part of speech for each word; no spans."""
    generator = np.random.default_rng(6)
    labels = [generator.choice(POS, size=size).tolist() for size in generator.integers(1, 25, n)]
    predictions = [
        [tag if generator.random() < 0.9 else str(generator.choice(POS)) for tag in row]
        for row in labels
    ]
    sentences = [generator.choice(WORDS, size=len(row)).tolist() for row in labels]
    return tagged(folder, sentences, labels, predictions, scheme=None, source="ud-english-ewt")


def unfinished_entities(folder: Path, *, num_epochs: int = 2) -> Path:
    """A tagger that is still training: no final figures, no predictions."""
    write_json(folder / "labels.json", {"classes": ["B-PER", "O"], "scheme": "IOB2"})
    write_config(folder, {"PER": 100}, 50, "conll2003", task="sequence-tagging")
    write_history(folder, num_epochs=num_epochs, test_curve=False, held_out_f1=0.88)
    return folder


def tagged(
    folder: Path,
    sentences: list[list[str]],
    labels: list[list[str]],
    predictions: list[list[str]],
    *,
    scheme: str | None,
    source: str,
) -> Path:
    """Write every file of a run of sequence labelling."""
    generator = np.random.default_rng(7)
    are_spans = scheme is not None
    classes = sorted({tag for row in [*labels, *predictions] for tag in row})
    counted = [
        kind for row in labels for kind in ([s.type for s in spans_of(row)] if are_spans else row)
    ]
    known = [(generator.random(len(row)) < 0.85).tolist() for row in sentences]
    figures = tagging_metrics(labels, predictions, are_spans=are_spans, known=known)
    columns = {
        "tokens": pa.array(sentences, pa.list_(pa.string())),
        "label": pa.array(labels, pa.list_(pa.string())),
        "prediction": pa.array(predictions, pa.list_(pa.string())),
        "confidence": pa.array(
            [generator.beta(8, 1, len(row)).tolist() for row in sentences], pa.list_(pa.float32())
        ),
        "known": pa.array(known, pa.list_(pa.bool_())),
        "span_confidence": pa.array(
            [
                generator.beta(8, 1, len(spans_of(row)) if are_spans else 0).tolist()
                for row in predictions
            ],
            pa.list_(pa.float32()),
        ),
    }
    write_json(folder / "labels.json", {"classes": classes, "scheme": scheme})
    counts = {kind: counted.count(kind) for kind in sorted(set(counted))}
    write_config(folder, counts, len(sentences), source, task="sequence-tagging")
    held_out_f1 = figures["f1"] if are_spans else None
    write_history(folder, num_epochs=4, test_curve=False, held_out_f1=held_out_f1)
    totals = {"best_epoch": 3, "train_seconds": 252.0, "peak_memory_bytes": 1288490188}
    write_json(folder / "metrics.json", {"test": {**figures, "loss": 0.0471}, **totals})
    table = pa.table(columns).replace_schema_metadata({"split": "test"})
    pq.write_table(table, folder / "predictions.parquet")
    return folder


def _misread(spans: list[Span], generator: np.random.Generator) -> list[Span]:
    """Return spans as a model finds them: some missed, of another type, or cut short."""
    found = []
    for span in spans:
        luck = generator.random()
        if luck < 0.06:
            continue
        if luck < 0.12:
            kind = str(generator.choice(list(NAMES)))
            found.append(span._replace(type=kind))
        elif luck < 0.18:
            found.append(span._replace(end=span.end + 1))
        else:
            found.append(span)
    return found


def finished(
    folder: Path,
    names: list[str],
    texts: Sequence[str],
    *,
    n: int,
    right: float,
    source: str,
    test_curve: bool,
) -> Path:
    """Write every file of a run with one label to a text."""
    generator = np.random.default_rng(0)
    labels = generator.integers(len(names), size=n)
    near = np.clip(labels + generator.choice([-1, 1], size=n), 0, len(names) - 1)
    answers = np.where(generator.random(n) < right, labels, near)
    confidence = generator.beta(5, 1.2, size=n) * (1 - 1.05 / len(names)) + 1.05 / len(names)
    probabilities = np.repeat(((1 - confidence) / (len(names) - 1))[:, None], len(names), axis=1)
    probabilities[np.arange(n), answers] = confidence
    is_right = labels == answers
    counts = dict(zip(names, np.bincount(labels, minlength=len(names)).tolist(), strict=True))
    write_json(folder / "labels.json", {"classes": names, "multi_label": False})
    write_config(folder, counts, n, source)
    write_history(folder, num_epochs=4, test_curve=test_curve)
    write_metrics(folder, n, float(is_right.mean()), split="test")
    write_predictions(
        folder,
        [names[i] for i in labels],
        [names[i] for i in answers],
        confidence,
        probabilities,
        is_right,
        texts,
        "test",
    )
    return folder


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as JSON, making the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def write_config(
    folder: Path,
    labels: dict[str, int],
    n: int,
    source: str,
    *,
    task: str = "text-classification",
) -> None:
    """Write config.json."""
    length = {"mean": 263.4, "median": 197.0, "p95": 677.0, "max": 2743.0}
    split = {
        "n": n,
        "source": source,
        "fingerprint": "9f2c" * 16,
        "labels": labels,
        "length": length,
    }
    config = {
        "format": 1,
        "ostinato": "0.1.0",
        "task": task,
        "settings": {
            "tokenizer": "word",
            "lowercase": True,
            "min_freq": 10,
            "vectors": None,
            "embedding_size": 100,
            "recurrent": {
                "cell": "lstm",
                "hidden_size": 128,
                "num_layers": 1,
                "bidirectional": True,
                "dropout": 0.0,
            },
            "training": {
                "epochs": 4,
                "batch_tokens": 8192,
                "optimizer": "adamw",
                "learning_rate": 0.004,
                "schedule": "one-cycle",
                "max_grad_norm": 1.0,
                "seed": 0,
            },
        },
        "data": {
            "source": source,
            "columns": {"text": "text", "label": "label"},
            "parts": {
                "train": {**split, "n": 4 * n, "unknown_rate": 0.0161, "duplicates_of_train": None},
                "validation": {**split, "unknown_rate": 0.0213, "duplicates_of_train": 12},
                "test": {**split, "unknown_rate": 0.0225, "duplicates_of_train": 123},
            },
        },
        "environment": {
            "python": "3.11.7",
            "torch": "2.13.0+cpu",
            "platform": "Linux-6.1.0-x86_64-with-glibc2.36",
            "cpu": "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz",
            "threads": 2,
        },
        "command": f"ostinato train classify {source} --cell lstm --bidirectional --epochs 4 --out runs/x",
        "created": "2026-03-01T12:00:00+00:00",
    }
    write_json(folder / "config.json", config)


def write_history(
    folder: Path, *, num_epochs: int, test_curve: bool, held_out_f1: float | None = None
) -> None:
    """Write history.jsonl."""
    lines = []
    for epoch in range(1, num_epochs + 1):
        train = {"loss": 0.62 * 0.55**epoch + 0.05, "accuracy": 1 - 0.42 * 0.5**epoch}
        held_out = {"loss": 0.25 + 0.1 * abs(epoch - 3), "accuracy": 0.905 - 0.02 * abs(epoch - 3)}
        if held_out_f1 is not None:
            held_out["f1"] = held_out_f1 - 0.01 * abs(epoch - 3)
        line = {
            "epoch": epoch,
            "steps": 661 * epoch,
            "train": train,
            "validation": held_out,
            "learning_rate": 4e-3 / epoch,
            "grad_norm": {"mean": 0.9 / epoch, "max": 14.0 / epoch, "clipped": 0.31 / epoch},
            "tokens_per_second": 131072.5,
            "seconds": 51.25,
            "best": epoch <= 3,
        }
        if test_curve:
            line["test"] = {name: value * 0.97 for name, value in held_out.items()}
        lines.append(json.dumps(line) + "\n")
    (folder / "history.jsonl").write_text("".join(lines), encoding="utf-8")


def write_metrics(folder: Path, n: int, accuracy: float, *, split: str, **more: float) -> None:
    """Write metrics.json."""
    figures = {"n": n, "loss": 0.2471, "accuracy": accuracy, "f1_macro": accuracy - 0.001, **more}
    value = {
        split: {**figures, "seconds": 8.5},
        "best_epoch": 3,
        "train_seconds": 252.0,
        "peak_memory_bytes": 1288490188,
    }
    write_json(folder / "metrics.json", value)


def write_predictions(
    folder: Path,
    labels: list[Any],
    predictions: list[Any],
    confidence: Any,
    probabilities: Any,
    is_right: Any,
    texts: Sequence[str],
    split: str,
) -> None:
    """Write predictions.parquet."""
    generator = np.random.default_rng(1)
    excerpts = [None if right else texts[row % len(texts)] for row, right in enumerate(is_right)]
    name_type = pa.list_(pa.string()) if isinstance(labels[0], list) else pa.string()
    table = pa.table(
        {
            "label": pa.array(labels, name_type),
            "prediction": pa.array(predictions, name_type),
            "confidence": pa.array(confidence, pa.float32()),
            "probabilities": pa.array(probabilities.tolist(), pa.list_(pa.float32())),
            "num_tokens": pa.array(
                generator.lognormal(5.2, 0.6, len(labels)).astype(int), pa.int32()
            ),
            "text": pa.array(excerpts, pa.string()),
        }
    )
    table = table.replace_schema_metadata({"split": split})
    pq.write_table(table, folder / "predictions.parquet")
