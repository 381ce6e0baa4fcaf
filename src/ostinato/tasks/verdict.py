"""What figures mean, in a sentence: better than chance, better than the simple models beside."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ostinato.metrics import CHANCE_Z
from ostinato.training import Figures


@dataclass(frozen=True)
class Compared:
    """The figure by which a model is compared with the simple ones, a share from 0 to 1.

    Args:
        figure: Its key.
        title: Its name in a sentence.
        lower_is_better: Whether it is an error.
    """

    figure: str
    title: str
    lower_is_better: bool = False

    def gain(self, ours: Figures, theirs: Figures) -> float:
        """Return by how much ours is better, below 0 if it is worse."""
        difference = float(ours[self.figure]) - float(theirs[self.figure])
        return -difference if self.lower_is_better else difference


ACCURACY = Compared("accuracy", "accuracy")


@dataclass(frozen=True)
class Verdict:
    """A judgement of the figures.

    Args:
        text: In a sentence.
        is_good: Whether the model is better than chance and every simple model.
        advice: What to try next; empty if there is nothing to mend.
    """

    text: str
    is_good: bool
    advice: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it for ``metrics.json``."""
        return asdict(self)


def judge(
    figures: Figures,
    baselines: Mapping[str, Mapping[str, Any]],
    compared: Compared,
    *,
    part: str,
    failure: str | None,
    advice: str,
) -> Verdict:
    """Return the judgement of a model's figures on a part.

    Args:
        figures: Its figures: that of ``compared``, ``n``, and where known ``chance_z``, the standard
            deviations by which its answers are above those of shuffled labels.
        baselines: Title and figures by part of each simple model, as ``measure_baselines`` gives them.
        compared: What it is compared by.
        part: The part.
        failure: How it plainly fails, in a sentence, if it does.
        advice: What to try if it is not better than the simple models.

    Example:
        >>> bag = {"title": "a bag of words", "test": {"accuracy": 0.9}}
        >>> judge({"accuracy": 0.912, "n": 9000}, {"bag_of_words": bag}, ACCURACY,
        ...       part="test", failure=None, advice="").text
        'Beats a bag of words by 1.2 points of accuracy on test (0.9120 against 0.9000).'
    """
    value = float(figures[compared.figure])
    if failure is not None:
        return Verdict(failure, is_good=False, advice=advice)
    if figures.get("chance_z", math.inf) < CHANCE_Z:
        text = (
            f"No better than chance: {compared.title} {value:.4f} on {part}, "
            "and shuffled answers would do as well."
        )
        return Verdict(
            text, is_good=False, advice=f"Check that inputs and answers belong together. {advice}"
        )
    gains = {
        one["title"]: (compared.gain(figures, one[part]), float(one[part][compared.figure]))
        for one in baselines.values()
    }
    beaten = {title: gain for title, (gain, _) in gains.items() if gain > 0}
    unbeaten = {title: theirs for title, (gain, theirs) in gains.items() if gain <= 0}
    if unbeaten:
        title, theirs = list(unbeaten.items())[-1]
        text = (
            f"No better than {title}: {compared.title} {value:.4f} against {theirs:.4f} on {part}."
        )
        if beaten:
            text += f" It beats {_listed(beaten)} points."
        return Verdict(text, is_good=False, advice=advice)
    if not gains:
        return Verdict("", is_good=True)
    against = ", ".join(f"{theirs:.4f}" for _, theirs in gains.values())
    text = f"Beats {_listed(beaten)} points of {compared.title} on {part} ({value:.4f} against {against})."
    least = min(beaten.values())
    noise = _noise(value, int(figures.get("n", 0)))
    if least < noise:
        text += f" {100 * least:.1f} points are within the noise of {int(figures['n']):,} examples."
    return Verdict(text, is_good=True)


def _listed(beaten: Mapping[str, float]) -> str:
    return " and ".join(f"{title} by {100 * gain:.1f}" for title, gain in beaten.items())


def _noise(share: float, n: int) -> float:
    """Return two standard errors of a share counted on ``n`` examples."""
    return 2 * math.sqrt(max(share * (1 - share), 0.0) / n) if n else 0.0
