"""The model card of a run folder, its README: what the model is, its data, its figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

SPLITS = ("validation", "test")
MOST_FIGURES = 6  # that models are listed with beside each other
LEFT_OUT = ("n", "chance_z", "n_unseen")  # figures that say nothing of a simple model


def card(
    config: Mapping[str, Any],
    metrics: Mapping[str, Any],
    example: str,
    reads: str,
    *,
    pipeline_tag: str,
) -> str:
    """Return the model card.

    Args:
        config: What ``config.json`` holds.
        metrics: What ``metrics.json`` holds.
        example: A few lines of Python that use the model.
        reads: How it reads raw input; empty if its settings tell.
        pipeline_tag: What Hugging Face calls its task.
    """
    splits = [
        f"- {name}: {facts['n']:,} examples from `{facts['source']}`"
        for name, facts in config["data"]["parts"].items()
    ]
    environment = config.get("environment") or {}  # a resumed run may be one that somebody edited
    return "\n".join(
        [
            "---",
            "library_name: ostinato",
            f"pipeline_tag: {pipeline_tag}",
            "---",
            "",
            f"# A {config['task']} model by ostinato {config['ostinato']}",
            "",
            "## Use",
            "",
            "```python",
            example,
            "```",
            "",
            *([reads, ""] if reads else []),
            "## Data",
            "",
            *splits,
            "",
            "## Figures",
            "",
            *_verdict_lines(metrics),
            "| split | figure | value |",
            "|---|---|---|",
            *_rows(metrics),
            "",
            *_beside(metrics),
            "## Settings",
            "",
            *_settings(config),
            "",
            f"Trained with `{config.get('command') or 'the Python interface'}`, "
            f"torch {environment.get('torch')}, on {environment.get('cpu')}.",
            "",
        ]
    )


def _verdict_lines(metrics: Mapping[str, Any]) -> list[str]:
    """Return the verdict and what to try next, as paragraphs."""
    verdict = metrics.get("verdict", {})
    lines = [verdict[name] for name in ("text", "advice") if verdict.get(name)]
    return [line for one in lines for line in (one, "")]


def _rows(metrics: Mapping[str, Any]) -> list[str]:
    return [
        f"| {split} | {name} | {_written(value)} |"
        for split in SPLITS
        for name, value in _numbers(metrics.get(split, {})).items()
    ]


def _beside(metrics: Mapping[str, Any]) -> Iterator[str]:
    """Yield a table of the simple models and the model."""
    baselines = metrics.get("baselines", {})
    split = next((split for split in reversed(SPLITS) if split in metrics), "")
    if not baselines or not split:
        return
    ours = _numbers(metrics[split])
    first = metrics.get("verdict", {}).get("figure", "")
    shared = [
        name
        for name in dict.fromkeys([first, *ours])
        if name in ours
        and name not in LEFT_OUT
        and all(name in one[split] for one in baselines.values())
    ][:MOST_FIGURES]
    yield f"Beside simple models, fitted on the same data, on {split}:"
    yield ""
    yield f"| model | {' | '.join(shared)} |"
    yield "|---" * (len(shared) + 1) + "|"
    for one in (*baselines.values(), {"title": "this model", split: ours}):
        yield f"| {one['title']} | {' | '.join(_written(one[split][name]) for name in shared)} |"
    yield ""


def _settings(config: Mapping[str, Any]) -> list[str]:
    """Return the settings in force, those marked that the data decided."""
    given = config["settings"]
    lines = []
    for name, value in config.get("sized", given).items():
        lines.append(f"- {name}: `{value}`{_by_data(value, given.get(name, value))}")
    return lines


def _by_data(value: Any, given: Any) -> str:
    """Return which of a setting's values the data decided, in brackets."""
    if value == given:
        return ""
    if not isinstance(value, Mapping):
        return " (by the data)"
    return f" (by the data: {', '.join(name for name in value if value[name] != given.get(name))})"


def _numbers(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in figures.items() if isinstance(value, (int, float))}


def _written(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"
