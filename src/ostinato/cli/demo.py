"""``ostinato demo``: a recurrent network beside a bag of words, where word order decides."""

from __future__ import annotations

from pathlib import Path

from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from ostinato import datasets, report
from ostinato.cli.console import say, show
from ostinato.cli.train import classify
from ostinato.datasets.samples import words
from ostinato.tasks import load


def demo(*, out: Path = Path("runs/demo")) -> None:
    """Train on the bundled reviews, English and Chinese, and compare with a bag of words.

    Args:
        out: Run folder to write; a run that stands there is replaced.
    """
    say("Bundled reviews, in which word order decides: negation, contrast, not only ... but.")
    classify("samples", out=out, overwrite=True, settings={})
    parts = datasets.load("samples")
    show(f"bag of words: accuracy {bag_of_words(parts):.4f}")
    show(f"recurrent:    accuracy {load(out).metrics_['test']['accuracy']:.4f}")
    show(f"page:         {report.write(out)}")


def bag_of_words(parts: dict[str, datasets.Examples]) -> float:
    """Return the test accuracy of logistic regression on counts of words and Han characters."""
    model = make_pipeline(CountVectorizer(analyzer=words), LogisticRegression(max_iter=1000))
    model.fit(list(parts["train"].texts), parts["train"].labels)
    return float(model.score(list(parts["test"].texts), parts["test"].labels))
