"""Write the tables of README and docs from the rows that the scripts of this folder measured.

    python -m benchmarks.table            # rewrite what stands between the markers
    python -m benchmarks.table --check    # change nothing; exit 1 if a page is not up to date

A page names a table by two comments, ``<!-- results:NAME -->`` and ``<!-- /results:NAME -->``, and
what stands between them is replaced. Of each case the newest run counts; the repeats of one run
become a median with its range.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.facts import RESULTS, ROOT
from benchmarks.tables import front, kernels, series, speech, tagging, texts
from benchmarks.tables.rows import Row, Runs, Words, newest_runs, read_rows, table

PAGES = ("README.md", "README.zh-CN.md", "docs/benchmarks.md", "docs/zh/benchmarks.md")
MARKED = re.compile(r"(<!-- results:([\w-]+) -->\n).*?(<!-- /results:\2 -->)", re.DOTALL)

ROOMS = (front, texts, tagging, speech, series, kernels)
CHINESE = {
    **{word: said for room in ROOMS for word, said in room.CHINESE.items()},
    "case": "用例",
    "command": "命令",
    "commit": "提交",
    "date": "日期",
    "figure": "数值",
    "processors": "个逻辑处理器",
    "measured": "测量项",
    "not measured yet": "尚未测量。",
    "peak memory": "内存峰值",
    "processor": "处理器",
    "other seeds": "（随机种子 {}：{}）",
    "time": "耗时",
    "uncommitted changes": "含未提交改动",
    "versions": "版本",
}
ENGLISH = {
    **{word: said for room in ROOMS for word, said in room.ENGLISH.items()},
    "other seeds": " (seeds {}: {})",
    "not measured yet": "Not measured yet.",
}


def machine(runs: Runs, say: Words) -> list[str]:
    """Return what the figures of whole commands were measured on, and when."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for case, rows in sorted(runs.items()):
        if "claims" in rows[-1]:
            continue  # its own table says so
        groups.setdefault(_machine(rows[-1], say), []).append(case)
    lines = []
    for (cpu, versions, commit), cases in groups.items():
        dates = sorted(row["time"][:10] for case in cases for row in runs[case])
        period = dates[0] if dates[0] == dates[-1] else f"{dates[0]} – {dates[-1]}"
        lines.append([cpu, versions, commit, period, ", ".join(cases)])
    return table(("processor", "versions", "commit", "date", "case"), lines, say)


def _machine(row: Row, say: Words) -> tuple[str, str, str]:
    isa = f" ({', '.join(row['isa'])})" if row["isa"] else ""
    cpu = f"{row['cpu']}, {row['cpus']} {say('processors')}{isa}"
    versions = f"ostinato {row['ostinato']}, torch {row['torch']}, Python {row['python']}"
    dirty = f" ({say('uncommitted changes')})" if row["dirty"] else ""
    return cpu, versions, f"`{row['commit'] or '–'}`{dirty}"


TABLES: dict[str, Callable[[Runs, Words], list[str]]] = {
    "defaults": texts.defaults,
    "flair": tagging.converted,
    "forecasting": series.forecasts,
    "forecasting-speed": series.speeds,
    "kernels": kernels.every_case,
    "machine": machine,
    "max-length": texts.max_length,
    "series-classification": series.sequences,
    "speech": speech.error_rates,
    "speech-speed": speech.speeds,
    "speech-torch": speech.peers,
    "tagging": tagging.figures,
    "tagging-flair": tagging.speeds,
    "swap": front.swap,
    "tasks": front.tasks,
    "tutorial": texts.tutorial,
}


def rewritten(page: str, runs: Runs, words: dict[str, str]) -> str:
    """Return a page with its tables made anew."""

    def made(match: re.Match[str]) -> str:
        if match[2] not in TABLES:
            raise SystemExit(f"there is no table {match[2]}; there are {', '.join(TABLES)}")
        lines = TABLES[match[2]](runs, Words(words))
        return match[1] + "\n" + "\n".join(lines) + "\n\n" + match[3]

    return MARKED.sub(made, page)


def main() -> int:
    """Rewrite the pages, or with ``--check`` only tell which are not up to date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if outdated")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the rows")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of the pages")
    arguments = parser.parse_args()
    runs = newest_runs(read_rows(arguments.results))
    outdated = []
    for name in PAGES:
        path = arguments.root / name
        old = path.read_text("utf-8")
        new = rewritten(old, runs, CHINESE if "zh" in name else ENGLISH)
        if new != old:
            outdated.append(name)
            if not arguments.check:
                path.write_text(new, "utf-8")
    if outdated:
        state = (
            "not up to date; run: python -m benchmarks.table" if arguments.check else "rewritten"
        )
        print(f"{', '.join(outdated)}: {state}")
    return int(bool(outdated) and arguments.check)


if __name__ == "__main__":
    sys.exit(main())
