"""Tables of figures fit 80 columns, the main figure first, and show people what they can use."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ostinato.cli import layout

numbers = st.floats() | st.floats(0, 1)
titles = st.text(st.characters(codec="utf-8", categories=["L", "N", "Z"]), min_size=1, max_size=60)
names = st.sampled_from([*layout.NAMES, "n_unscaled", "wql", "chance_z"])
coverage = st.fixed_dictionaries({}, optional={"coverage_80": st.floats(0, 1)})
figures = st.builds(
    lambda found, held: {"n": 12_345_678, **found, **held},
    st.dictionaries(names, numbers),
    coverage,
)


@given(figures, st.dictionaries(titles, figures, max_size=3), st.sampled_from(["", *layout.NAMES]))
def test_a_run_is_told_in_80_columns_the_main_figure_first(ours, others, main):
    beside = {
        name: {"title": title, "test": one} for name, (title, one) in enumerate(others.items())
    }
    metrics = {"test": ours, "baselines": beside, "verdict": {"figure": main}}
    lines = layout.of_run("test", metrics)
    assert all(cell_len(line) <= 80 for line in lines)
    assert lines[1].startswith("the model")
    if main in ours:
        assert (
            lines[0].removeprefix("test (n 12,345,678)").split()[0] == layout.NAMES[main].split()[0]
        )
    assert not any(word in "".join(lines) for word in ("unscaled", "wql", "chance"))


@given(st.dictionaries(titles, figures, min_size=1, max_size=20))
def test_classes_are_listed_by_their_number_and_the_rest_is_counted(classes):
    lines = layout.measured("x.csv", {"n": 3, "f1": 0.5, "per_type": classes})[3:]
    assert all(cell_len(line) <= 80 for line in lines)
    left = len(classes) - layout.MOST_GROUPS
    assert len(lines) - 1 == min(len(classes), layout.MOST_GROUPS) + (left > 0)
    assert left <= 0 or lines[-1] == f"and {left} rarer ones"


def test_columns_share_their_decimals_and_names_of_two_cells_their_width():
    rows = {"short": {"mae": 3.25}, "三个字": {"mae": 1234.5}}
    assert layout.table("of", ["mae"], rows.items()) == [
        "of          MAE",
        "short       3.2",
        "三个字  1,234.5",
    ]


def test_what_train_has_not_seen_is_told_apart():
    lines = layout.measured(
        "test", {"n": 9, "accuracy": 0.9, "accuracy_unseen": 0.5, "n_unseen": 4}
    )
    assert lines[2].split() == ["on", "the", "4", "not", "in", "train", "0.5000"]
