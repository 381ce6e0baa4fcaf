"""What figures mean, in a sentence: better than chance, better than the simple models beside."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ostinato.metrics import CHANCE_Z
from ostinato.training import Figures

CHOSEN = "The epoch was chosen on the same split."
CONSTANT = ("majority", "mean", "empty", "commonest")  # simple models that read nothing
HARDER = "Neither makes a mistake here: measure on more or harder examples."
FEW = 30  # examples, of which luck can make much


@dataclass(frozen=True)
class Compared:
    """The figure by which a model is compared with the simple ones.

    Args:
        figure: Its key.
        title: Its name in a sentence.
        lower_is_better: Whether it is an error.
        is_share: Whether it counts examples, from 0 to 1, so that gains are told in points.
    """

    figure: str
    title: str
    lower_is_better: bool = False
    is_share: bool = True

    def gain(self, ours: Figures, theirs: Figures) -> float:
        """Return by how much ours is better, below 0 if it is worse."""
        difference = float(ours[self.figure]) - float(theirs[self.figure])
        return -difference if self.lower_is_better else difference


ACCURACY = Compared("accuracy", "accuracy")
MACRO_F1 = Compared("f1_macro", "macro F1")


@dataclass(frozen=True)
class Verdict:
    """A judgement of the figures.

    Args:
        text: In a sentence.
        is_good: Whether the model is better than chance and every simple model.
        advice: What to try next; empty if there is nothing to mend.
        figure: Key of the figure that it is about.
    """

    text: str
    is_good: bool
    advice: str = ""
    figure: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it for ``metrics.json``."""
        return asdict(self)


def judge(
    figures: Figures,
    baselines: Mapping[str, Mapping[str, Any]],
    compared: Compared,
    *,
    split: str,
    failure: str | None,
    advice: str,
) -> Verdict:
    """Return the judgement of a model's figures on a split.

    Args:
        figures: Its figures: that of ``compared``, ``n``, and where known ``chance_z``, the standard
            deviations by which its answers are above those of shuffled labels.
        baselines: Title and figures by split of each simple model, as ``measure_baselines`` gives them.
        compared: What it is compared by.
        split: The split.
        failure: How it plainly fails, in a sentence, if it does.
        advice: What to try if it is not better than the simple models.

    Example:
        >>> bag = {"title": "a bag of words", "test": {"accuracy": 0.9}}
        >>> judge({"accuracy": 0.912, "n": 9000}, {"bag_of_words": bag}, ACCURACY,
        ...       split="test", failure=None, advice="").text
        'Beats a bag of words by 1.2 points of accuracy on test (0.9120 against 0.9000).'
    """
    if failure is not None:
        verdict = Verdict(failure, is_good=False, advice=advice)
    elif figures.get("chance_z", math.inf) < CHANCE_Z:
        learnt = _learnt(figures, baselines, compared, split=split)
        verdict = _by_chance(figures, compared, learnt, split=split, advice=advice)
    else:
        verdict = _beside(figures, baselines, compared, split=split, advice=advice)
    if split == "validation" and verdict.text and failure is None:
        verdict = replace(verdict, text=f"{verdict.text} {CHOSEN}")
    return replace(verdict, figure=compared.figure)


def _learnt(
    figures: Figures, baselines: Mapping[str, Mapping[str, Any]], compared: Compared, *, split: str
) -> str:
    """Return a sentence if the last simple model is a reader far above the model and the rest."""
    if not compared.is_share or not baselines or list(baselines)[-1] in CONSTANT:
        return ""
    *others, last = baselines.values()
    best = {"n": figures.get("n", 0), compared.figure: float(last[split][compared.figure])}
    for rival in (figures, *(one[split] for one in others)):
        theirs = float(rival[compared.figure])
        if compared.gain(best, rival) <= 0 or _remark(best, compared, theirs):
            return ""
    return f" But {last['title']} has {best[compared.figure]:.4f}, so something can be learnt."


def _by_chance(
    figures: Figures, compared: Compared, learnt: str, *, split: str, advice: str
) -> Verdict:
    """Return the judgement of a model whose answers luck may have given."""
    value, n = float(figures[compared.figure]), int(figures.get("n", FEW))
    if n < FEW:
        few = "1 example is" if n == 1 else f"{n} examples are"
        text = (
            f"Cannot be told from chance: {compared.title} {value:.4f} on {split}, and its {few} too few "
            f"to tell.{learnt}"
        )
        return Verdict(text, is_good=False, advice=f"Measure on more examples. {advice}")
    text = (
        f"No better than chance: {compared.title} {value:.4f} on {split}, "
        f"and shuffled answers would do as well.{learnt}"
    )
    check = "" if learnt else "Check that inputs and answers belong together. "
    return Verdict(text, is_good=False, advice=f"{check}{advice}")


def _beside(
    figures: Figures,
    baselines: Mapping[str, Mapping[str, Any]],
    compared: Compared,
    *,
    split: str,
    advice: str,
) -> Verdict:
    """Return the judgement of a model beside the simple ones."""
    value = float(figures[compared.figure])
    gains = {
        one["title"]: (compared.gain(figures, one[split]), float(one[split][compared.figure]))
        for one in baselines.values()
    }
    beaten = {title: gain for title, (gain, _) in gains.items() if gain > 0}
    unbeaten = {title: theirs for title, (gain, theirs) in gains.items() if gain <= 0}
    if unbeaten:
        title = min(reversed(unbeaten), key=lambda title: gains[title][0])  # the best of them
        theirs = unbeaten[title]
        worse = "As good as" if value == theirs else "No better than"
        text = f"{worse} {title}: {compared.title} {value:.4f} against {theirs:.4f} on {split}."
        if beaten:
            text += (
                f" It beats {_listed(beaten)} points."
                if compared.is_share
                else f" It beats {_named(beaten)}."
            )
        text += _remark(figures, compared, theirs) if value != theirs else ""
        is_perfect = compared.is_share and value == (0 if compared.lower_is_better else 1)
        return Verdict(text, is_good=False, advice=HARDER if is_perfect else advice)
    if not gains:
        return Verdict("", is_good=True)
    against = ", ".join(f"{theirs:.4f}" for _, theirs in gains.values())
    if not compared.is_share:
        text = f"Beats {_named(beaten)}: {compared.title} {value:.4f} against {against} on {split}."
        return Verdict(text, is_good=True)
    text = f"Beats {_listed(beaten)} points of {compared.title} on {split} ({value:.4f} against {against})."
    nearest = min(gains.values())[1]
    return Verdict(text + _remark(figures, compared, nearest), is_good=True)


def _remark(figures: Figures, compared: Compared, theirs: float) -> str:
    """Return a sentence if a difference of shares is within two standard errors of what was counted."""
    value, n = float(figures[compared.figure]), int(figures.get("n", 0))
    share = min(max((value + theirs) / 2, 0.0), 1.0)
    if (
        not compared.is_share
        or not n
        or abs(value - theirs) >= 2 * math.sqrt(share * (1 - share) / n)
    ):
        return ""
    points = 100 * abs(value - theirs)
    return f" {points:.1f} points are within the noise of {n:,} examples."


def _listed(beaten: Mapping[str, float]) -> str:
    return " and ".join(f"{title} by {100 * gain:.1f}" for title, gain in beaten.items())


def _named(beaten: Mapping[str, float]) -> str:
    *most, last = beaten
    return f"{', '.join(most)} and {last}" if most else last
