"""Draw the pictures of README and of the tutorials anew, from runs that are made for it.

python -m benchmarks.pictures            # all of them: some minutes; needs chromium
python -m benchmarks.pictures tagging    # some: README's first, or those of a tutorial
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np

import ostinato
from benchmarks.facts import ROOT
from benchmarks.pictures import chapters, first_run, tasks
from benchmarks.pictures.browser import part_of, photograph
from benchmarks.pictures.pages import played
from ostinato import SeriesClassifier
from ostinato.datasets import morse

IMAGES = ROOT / "docs" / "images"
REPORT_WIDTH = 980


def section(run: Path, keep: str, name: str) -> None:
    """Photograph one element of the report page of a run."""
    photograph(part_of(run / "report.html", keep), IMAGES / name, REPORT_WIDTH, 2400)


def first() -> None:
    """Draw the picture on top of README, and that of text classification."""
    first_run.draw(IMAGES / "run.png")


def sentiment() -> None:
    """Draw what gates buy, and how far a gradient reaches."""
    with played("tutorials/sentiment.md") as (page, _):
        chapters.gates(page["reached"], IMAGES / "sentiment-gates.svg")
        curves = {
            "RNN": page["plain"],
            "new LSTM": page["closed"],
            "LSTM, open gates": page["opened"],
        }
        chapters.gradients(curves, IMAGES / "sentiment-gradients.svg")
    with played("quickstart.md") as (page, folder):
        text = "The plot is poor, but the acting is superb."
        [row] = page["classifier"].predict_details([text])
        tasks.classes(text, row["probabilities"], IMAGES / "task-classify.svg")
        section(folder / "runs" / "first", "#classes", "quickstart-classes.png")


def tagging() -> None:
    """Draw names in a sentence, and photograph right sentences."""
    with played("tutorials/tagging.md") as (page, folder):
        text = "Mrs Marlow left Lanlansoft and moved to Lincoln on 14 December 2018."
        tasks.spans(text, page["tagger"].predict_spans([text])[0], IMAGES / "task-tag.svg")
        section(folder / "runs" / "names", "#right", "tagging-right.png")


def speech() -> None:
    """Draw what was heard in a message, and photograph how."""
    with played("tutorials/speech.md") as (page, folder):
        sound = page["message"]
        [answer] = page["model"].predict_details([sound])
        tasks.sound(sound, morse.SAMPLE_RATE_HZ, answer["words"], IMAGES / "task-transcribe.svg")
        section(folder / "runs" / "six", "#utterances .utterance", "speech-recording.png")


def forecasting() -> None:
    """Draw a forecast, and photograph the figures beside the naive ones."""
    with played("tutorials/forecasting.md") as (page, folder):
        ahead = page["ahead"].to_pandas()
        ahead = ahead[ahead["unique_id"] == "store-2"]
        sold = page["sales"].to_pandas().query("store == 'store-2'")["units"].dropna().to_numpy()
        tasks.forecast(sold[-42:], ahead, IMAGES / "task-forecast.svg")
        (IMAGES / "forecasting-store-2.svg").write_bytes((folder / "store-2.svg").read_bytes())
        section(folder / "runs" / "two-weeks", "#naive", "forecasting-naive.png")


def series() -> None:
    """Draw gestures and their classes."""
    gestures = ostinato.datasets.load_sequences("gestures")
    test = gestures["test"].take([0, 3])
    model = SeriesClassifier().fit_splits(gestures)
    rows = np.split(test.values, np.cumsum(test.lengths)[:-1])
    tasks.curves(
        rows, [str(label) for label in model.predict(test)], IMAGES / "task-classify-series.svg"
    )


PICTURES: dict[str, Callable[[], None]] = {
    "first": first,
    "sentiment": sentiment,
    "tagging": tagging,
    "speech": speech,
    "forecasting": forecasting,
    "series": series,
}


def main() -> None:
    """Draw the pictures that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[*PICTURES, []], help="which; all if none")
    for name in parser.parse_args().names or PICTURES:
        PICTURES[name]()
        print(name)


if __name__ == "__main__":
    main()
