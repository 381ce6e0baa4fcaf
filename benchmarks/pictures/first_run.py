"""The picture on top of README: a terminal in which a classifier is trained, and its report page."""

from __future__ import annotations

import csv
import html
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from benchmarks.pictures.browser import photograph
from ostinato.datasets import load_texts

COMMANDS = (
    "ostinato train classify reviews.csv --test-size 0.2 --out runs/reviews",
    'ostinato predict runs/reviews "The plot is poor, but the acting is superb."',
    "ostinato report runs/reviews",
)
COLUMNS = 80
ROWS = 1000
PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 16px; width: 1256px; background: #fff; display: flex; gap: 18px; }}
.window {{ border: 1px solid #c9ced6; border-radius: 10px; overflow: hidden; height: {height}px; }}
.bar {{ background: #eceff3; border-bottom: 1px solid #c9ced6; padding: 7px 12px; color: #555;
  font: 13px "DejaVu Sans", sans-serif; }}
.bar b {{ display: inline-block; width: 11px; height: 11px; border-radius: 50%;
  background: #c9ced6; margin-right: 6px; }}
#terminal {{ flex: 1; }} #report {{ width: 470px; }}
pre {{ margin: 0; padding: 12px 14px; color: #1c2330; white-space: pre-wrap;
  font: 13.6px/1.36 "DejaVu Sans Mono", monospace; }}
.typed {{ color: #0b57a4; font-weight: bold; }}
iframe {{ border: 0; width: 100%; height: calc(100% - 31px); }}
</style>
<div class="window" id="terminal"><div class="bar">{dots}terminal</div><pre>{terminal}</pre></div>
<div class="window" id="report"><div class="bar">{dots}runs/reviews/report.html</div>
<iframe src="{report}"></iframe></div>"""
HEIGHT = 884
DOTS = 3 * "<b></b>"
HOME = "/home/you"  # in the place of a folder that is gone afterwards


def draw(out: Path) -> None:
    """Train on the bundled reviews as a file of somebody's, and photograph what is to be seen."""
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        reviews = load_texts("samples")["train"]
        with (at / "reviews.csv").open("w", encoding="utf-8", newline="") as file:
            rows = list(zip(reviews.texts, reviews.labels or (), strict=True))[:ROWS]
            csv.writer(file).writerows([("review", "sentiment"), *rows])
        terminal = "".join(shown(command, at) for command in COMMANDS)
        page = at / "page.html"
        report = at / "runs" / "reviews" / "report.html"
        report.write_text(report.read_text("utf-8").replace(str(at), HOME), "utf-8")
        page.write_text(
            PAGE.format(height=HEIGHT, dots=DOTS, terminal=terminal, report=report.as_uri()),
            "utf-8",
        )
        photograph(page, out, 1290, HEIGHT + 60, colors=128)


def shown(command: str, folder: Path) -> str:
    """Run a command as somebody would in a terminal; returns what stands there then, as HTML."""
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "COLUMNS": str(COLUMNS),
    }
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), color_system="truecolor")
    console.print(Text.from_ansi(done.stdout.rstrip("\n").replace(str(folder), HOME)))
    body = console.export_html(code_format="{code}", inline_styles=True)
    return f'<span class="typed">$ {html.escape(command)}</span>\n{body}'
