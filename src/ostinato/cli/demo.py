"""``ostinato demo``: a recurrent network beside a count, where order and context decide."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ostinato._errors import ConfigError, did_you_mean, named, shown
from ostinato.cli.console import say, show
from ostinato.cli.tasks import by_verb
from ostinato.cli.train import train

WHICH = Parameter(help=f"Which task to show: {', '.join(by_verb())}.")


def demo(
    task: Annotated[str, WHICH] = "classify",
    /,
    *,
    out: Path | None = None,
) -> None:
    """Train on the bundled samples, and compare with a model that does not know their order.

    Args:
        task: Which task to show.
        out: Run folder to write, else runs/demo, or runs/demo-tag and the like; one that stands there is
            replaced.
    """
    tasks = by_verb()
    if task not in tasks:
        hint = did_you_mean(task, tasks) or "."
        raise ConfigError(f"demo: the task must be one of {named(tasks)}; got {shown(task)}{hint}")
    out = out or Path("runs") / ("demo" if task == "classify" else f"demo-{task}")
    entry = tasks[task]
    say(entry.demo.description)
    train(
        entry, entry.demo.source, out=out, columns={}, overwrite=True, settings=entry.demo.settings
    )
    from ostinato import datasets, report

    if task == "transcribe":
        from ostinato.tasks import load

        model, test = load(out), datasets.load_recordings("morse")["test"]
        for sound, text in zip(test.audio[:3], test.transcripts or (), strict=False):
            show(f"sent {text!r}, heard {model.predict_details([sound])[0]['text']!r}")
    show(f"page: {report.write(out)}")
