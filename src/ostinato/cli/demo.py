"""``ostinato demo``: a recurrent network beside a count of words, where order and context decide."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from ostinato import datasets, report
from ostinato.cli.console import say, show
from ostinato.cli.train import classify, tag
from ostinato.datasets.samples import words
from ostinato.metrics import tagging_metrics
from ostinato.tasks import load

SHORT: dict[str, Any] = {"training__epochs": 8, "recurrent__hidden_size": 64}
"""Settings of the tagger, which has little to learn."""


def demo(task: Literal["classify", "tag"] = "classify", /, *, out: Path | None = None) -> None:
    """Train on the bundled samples, English and Chinese, and compare with counting words.

    Args:
        task: Classify reviews beside a bag of words, or tag names beside a lookup of words.
        out: Run folder to write, else runs/demo or runs/demo-tag; one that stands there is replaced.
    """
    out = out or Path("runs") / ("demo" if task == "classify" else "demo-tag")
    if task == "classify":
        say("Bundled reviews, in which word order decides: negation, contrast, not only ... but.")
        classify("samples", out=out, overwrite=True, settings={})
        show(f"bag of words: accuracy {bag_of_words(datasets.load('samples')):.4f}")
        show(f"recurrent:    accuracy {load(out).metrics_['test']['accuracy']:.4f}")
    else:
        say("Bundled sentences with names, in which context and the shape of a word decide.")
        tag("samples-tag", out=out, overwrite=True, settings=SHORT)
        show(f"lookup:       f1 {lookup(datasets.load_tagged('samples-tag')):.4f}")
        show(f"recurrent:    f1 {load(out).metrics_['test']['f1']:.4f}")
    show(f"page:         {report.write(out)}")


def bag_of_words(parts: Mapping[str, datasets.Examples]) -> float:
    """Return the test accuracy of logistic regression on counts of words and Han characters."""
    model = make_pipeline(CountVectorizer(analyzer=words), LogisticRegression(max_iter=1000))
    model.fit(list(parts["train"].texts), parts["train"].labels)
    return float(model.score(list(parts["test"].texts), parts["test"].labels))


def lookup(parts: Mapping[str, datasets.Tagged]) -> float:
    """Return the test F1 of giving each token the tag that it has most often in train."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    train, test = parts["train"], parts["test"]
    for tokens, tags in zip(train.sentences, train.tags or (), strict=True):
        for token, one in zip(tokens, tags, strict=True):
            counts[token][one] += 1
    usual = {token: found.most_common(1)[0][0] for token, found in counts.items()}
    answers = [[usual.get(token, "O") for token in tokens] for tokens in test.sentences]
    return float(tagging_metrics(test.tags or [], answers, are_spans=True)["f1"])
