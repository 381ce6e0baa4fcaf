"""Closed standard streams are nobody's file, and a lost reader ends no training."""

import subprocess
import sys

import pytest

PREPARED = "from ostinato.cli import streams; streams.prepare(lasting={lasting}); import sys; "


def shell(line: str, code: str, *, lasting: bool = False) -> subprocess.CompletedProcess[str]:
    """Run Python code after the streams are prepared, with redirections of a shell."""
    command = f'"{sys.executable}" -c "{PREPARED.format(lasting=lasting)}{code}" {line}'
    return subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_read_as_empty_and_written_to_nowhere(tmp_path, closed):
    kept = tmp_path / "kept"
    code = (
        f"f = open('{kept}', 'w'); print('out'); print('err', file=sys.stderr); "
        "sys.stdin.read() if '<' in sys.argv[1] else 0; f.write('whole'); f.close(); "
        "assert f is not None; streams.flush()"
    )
    done = shell(f"'{closed}' {closed}", code)
    assert done.returncode == 0, done.stderr
    assert kept.read_text() == "whole"
    assert done.stdout == ("" if ">&-" in closed.replace("2>&-", "") else "out\n")
    assert done.stderr == ("" if "2>&-" in closed else "err\n")


def test_what_is_trained_outlives_those_who_read_along(tmp_path):
    code = (
        "[print('x' * 999, file=f, flush=True) for _ in range(999) for f in (sys.stdout, sys.stderr)]; "
        f"open('{tmp_path}/end', 'w').close()"
    )
    done = shell("2>&1 | head -1", code, lasting=True)
    assert done.stdout == "x" * 999 + "\n"
    assert (tmp_path / "end").exists()


def test_what_is_printed_for_nobody_ends(tmp_path):
    code = (
        f"[print('x' * 999, flush=True) for _ in range(999)]; open('{tmp_path}/end', 'w').close()"
    )
    shell("2>/dev/null | head -1", code)
    assert not (tmp_path / "end").exists()
