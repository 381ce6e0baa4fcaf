"""What is heard is written as it comes, a line up to each pause, and nothing is lost or said twice."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostinato.cli.stream import PAUSE, _Lines

HEARD = st.lists(
    st.tuples(st.sampled_from(["", "", "a", " b", "c d", " 电"]), st.floats(0.01, 1.5)), max_size=12
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(HEARD, st.sampled_from(["", " end"]))
def test_lines_end_at_pauses_and_hold_the_whole_text(capsys, heard, rest):
    lines, text, expected, quiet = _Lines(), "", [""], 0.0
    for new, seconds in heard:
        text += new
        lines.hear(text, seconds)
        if new:
            if quiet >= PAUSE and expected[-1]:
                expected.append("")
            expected[-1] += new if expected[-1] else new.lstrip()
            quiet = 0.0
        else:
            quiet += seconds
    lines.end({"text": text + rest})
    if rest:
        if quiet >= PAUSE and expected[-1]:
            expected.append("")
        expected[-1] += rest if expected[-1] else rest.lstrip()
    out = capsys.readouterr().out
    assert out == "\n".join(expected) + "\n"


def test_a_line_ends_while_nobody_speaks(capsys):
    lines = _Lines()
    lines.hear("one", 0.1)
    lines.hear("one", PAUSE)
    assert capsys.readouterr().out == "one\n"  # and not only once the next word comes
