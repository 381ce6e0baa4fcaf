"""``ostinato demo``: a recurrent network beside a count, where order and context decide."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from ostinato.cli.console import say, show
from ostinato.cli.settings import TASKS
from ostinato.cli.train import train

ALONE: dict[str, Any] = {"members": 1}
"""Settings of the classifier: one network learns the order as well as three."""

SHORT: dict[str, Any] = {"training__epochs": 8, "recurrent__hidden_size": 64}
"""Settings of the tagger, which has little to learn."""

MORSE: dict[str, Any] = {
    "channels": None,
    "features__bands": 12,
    "features__context": 9,
    "features__subsampling": 4,
    "recurrent__hidden_size": 64,
    "training__epochs": 12,
    "training__batch_size": 8,
    "training__learning_rate": 5e-3,
    "augmentation__speed": 0.0,
    "augmentation__noise": 0.0,
    "augmentation__masks": 0,
    "augmentation__join": 0.0,
}
"""Settings of the recogniser: a tone is on or off, and the recordings vary enough by themselves."""

SALES: dict[str, Any] = {
    "horizon": 28,
    "context": 84,
    "recurrent__hidden_size": 64,
    "training__epochs": 8,
    "training__learning_rate": 4e-3,
    "train_windows": 8192,
}
"""Settings of the forecaster: four weeks from twelve."""


DEMOS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "classify": (
        "samples",
        "Bundled reviews, in which word order decides: negation, contrast, not only ... but.",
        ALONE,
    ),
    "tag": (
        "samples-tag",
        "Bundled sentences with names, in which context and the shape of a word decide.",
        SHORT,
    ),
    "transcribe": (
        "morse",
        "Generated Morse code at all speeds and pitches, the test messages in noise at 10 dB.",
        MORSE,
    ),
    "classify-series": (
        "gestures",
        "Generated gestures of two hands, in which only the order of the motifs decides.",
        {},
    ),
    "forecast": (
        "sales",
        "Generated sales of 40 stores by day: two seasons, trends, promotions known ahead.",
        SALES,
    ),
}
"""Of each task the data set, what it is, and the settings."""


def demo(
    task: Literal["classify", "tag", "transcribe", "classify-series", "forecast"] = "classify",
    /,
    *,
    out: Path | None = None,
) -> None:
    """Train on the bundled samples, and compare with a model that does not know their order.

    Args:
        task: Classify reviews beside a bag of words, tag names beside a lookup of words, write down
            Morse code, classify gestures beside a bag of steps, or forecast sales beside naive forecasts.
        out: Run folder to write, else runs/demo, or runs/demo-tag and the like; one that stands there is
            replaced.
    """
    out = out or Path("runs") / ("demo" if task == "classify" else f"demo-{task}")
    entry = next(entry for entry in TASKS.values() if entry.data.verb == task)
    source, description, settings = DEMOS[task]
    say(description)
    train(entry, source, out=out, columns={}, overwrite=True, settings=settings)
    from ostinato import datasets, report

    if task == "transcribe":
        from ostinato.tasks import load

        model, test = load(out), datasets.load_recordings("morse")["test"]
        for sound, text in zip(test.audio[:3], test.transcripts or (), strict=False):
            show(f"sent {text!r}, heard {model.predict_details([sound])[0]['text']!r}")
    show(f"page: {report.write(out)}")
