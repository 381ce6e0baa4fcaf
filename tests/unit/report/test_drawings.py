"""No drawing cuts what it shows, and one with nothing to show is none."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ostinato.metrics.classification import accuracy_by_length, calibration
from ostinato.report import learning_plots, lengths, plots
from ostinato.report.classification import value_plots
from ostinato.report.formatting import aligned
from ostinato.report.hover import around
from ostinato.report.learning import gradient_warnings
from ostinato.report.section import Curve, loss_curve
from ostinato.runs.run import Epoch

VALUES = st.floats(-1e6, 1e6).map(lambda value: value if abs(value) > 1e-30 else 0.0)
NORMS = st.floats(0, 1e9, allow_subnormal=False) | st.just(math.inf) | st.just(math.nan)
SHARES = st.just(0.0) | st.floats(1e-4, 1)


@st.composite
def histories(draw, values=VALUES):
    """Epochs with any values."""
    return tuple(
        Epoch(
            number=number + 1,
            scores={"train": {"loss": draw(values)}, "validation": {"loss": draw(values)}},
            learning_rate=0.1,
            norm_mean=draw(NORMS),
            norm_max=draw(NORMS),
            clipped=draw(SHARES | st.just(math.nan)),
            tokens_per_second=1.0,
            seconds=1.0,
            best=draw(st.booleans()),
        )
        for number in range(draw(st.integers(1, 6)))
    )


@pytest.fixture(scope="module")
def drawn():
    """The figures that were drawn, which are not written as SVG."""
    found = []
    with pytest.MonkeyPatch.context() as patch:
        for module in (plots, learning_plots, lengths, value_plots):
            patch.setattr(module, "page_svg", lambda figure, name: found.append(figure) or "<svg/>")
        yield found


def assert_whole(figure):
    """Every point of every line and every bar lies within its axes."""
    for axes in figure.axes:
        (left, right), (bottom, top) = sorted(axes.get_xlim()), sorted(axes.get_ylim())
        margin = 1e-9 * (top - bottom)
        for line in axes.lines:
            if line.get_transform() != axes.transData:
                continue  # a rule across the whole drawing
            x, y = (np.asarray(values, float) for values in line.get_data())
            seen = np.isfinite(x) & np.isfinite(y)
            if axes.get_yscale() == "log":
                seen &= y > 0
            assert (x[seen] >= left).all()
            assert (x[seen] <= right).all()
            assert (y[seen] >= bottom - margin).all()
            assert (y[seen] <= top + margin).all()
        for container in axes.containers:
            for bar in getattr(container, "patches", ()):
                assert bar.get_y() + bar.get_height() <= top + margin
                assert left <= bar.get_x()
                assert bar.get_x() + bar.get_width() <= right


@given(histories(), st.booleans())
def test_a_curve_holds_every_epoch_below_zero_too(drawn, history, is_share):
    curve = Curve(key="loss", name="loss", hint="", is_share=is_share, lower_is_better=True)
    assert learning_plots.learning_curve(history, curve)
    assert_whole(drawn[-1])


@given(histories(values=st.just(math.nan) | st.just(math.inf)))
def test_a_curve_without_a_finite_value_is_not_drawn(history):
    assert learning_plots.learning_curve(history, loss_curve("")) == ""


@given(histories(), st.none() | st.floats(1e-3, 1e3))
def test_the_gradients_and_their_limit_lie_within_the_axes(drawn, history, limit):
    if learning_plots.gradient_norms(history, limit):
        assert_whole(drawn[-1])
        if limit is not None:
            low, high = drawn[-1].axes[0].get_ylim()
            assert low < limit < high
    else:
        assert not any(
            math.isfinite(norm) and norm > 0 for e in history for norm in (e.norm_mean, e.norm_max)
        )


@given(histories())
def test_clipped_steps_fill_their_axis_or_are_told_in_a_sentence(drawn, history):
    highest = max(0 if math.isnan(epoch.clipped) else epoch.clipped for epoch in history)
    assert bool(learning_plots.clipped_share(history)) == (highest > 0)
    if highest:
        assert_whole(drawn[-1])
        assert drawn[-1].axes[0].get_ylim()[1] <= 1.2 * highest


@settings(max_examples=10)
@given(arrays.arrays(float, st.integers(1, 50), elements=SHARES), st.randoms())
def test_calibration_and_accuracy_by_length_are_whole(drawn, confidence, random):
    is_right = np.array([random.random() < 0.8 for _ in confidence])
    plots.reliability(calibration(confidence, is_right))
    assert_whole(drawn[-1])
    sizes = np.array([random.randint(0, 900) for _ in confidence])
    bins = accuracy_by_length(sizes, is_right)
    plots.accuracy_by_length(bins)
    assert_whole(drawn[-1])
    low, high = drawn[-1].axes[0].get_xlim()
    assert (low <= bins.low).all()
    assert (bins.high <= high).all()


@settings(max_examples=10)
@given(arrays.arrays(np.int64, st.integers(1, 200), elements=st.integers(0, 10_000)))
def test_every_example_stands_in_a_bar_and_what_the_axis_leaves_out_is_counted(drawn, sizes):
    found = lengths.length_histogram(sizes, "text")
    assert_whole(drawn[-1])
    bars = drawn[-1].axes[0].containers[0].patches
    assert sum(bar.get_height() for bar in bars) == len(sizes)
    right = drawn[-1].axes[0].get_xlim()[1]
    assert found.num_beyond == 0 or found.longest == f"{sizes.max():,}"
    assert (sizes > right).sum() <= found.num_beyond <= max(0.02 * len(sizes), 1)


@given(st.lists(st.none() | st.just(math.nan) | VALUES, max_size=8))
def test_numbers_of_a_column_share_their_digits_and_none_is_lost(values):
    written = aligned(values)
    known = [
        (value, text)
        for value, text in zip(values, written, strict=True)
        if value is not None and not math.isnan(value)
    ]
    assert all(
        text == "–"
        for value, text in zip(values, written, strict=True)
        if value is None or math.isnan(value)
    )
    assert len({len(text.partition(".")[2]) for _, text in known}) <= 1
    for value, text in known:
        read = float(text.replace(",", ""))
        assert (read == 0) == (value == 0) or abs(value) < 1e-4 * max(abs(v) for v, _ in known)
        assert abs(read - value) <= 0.006 * max(abs(v) for v, _ in known)


@given(histories(values=NORMS))
def test_warnings_are_never_more_than_one_of_a_kind(history):
    found = gradient_warnings(history)
    assert len(found) == len({text.split()[1] for text in found}) <= 3


@pytest.mark.parametrize(("last_loss", "is_warned"), [(0.01, False), (1.0, True), (math.nan, True)])
def test_a_gradient_of_nearly_nothing_is_no_fault_of_a_model_that_fits(last_loss, is_warned):
    history = [
        Epoch(
            number=number,
            scores={"train": {"loss": loss}},
            learning_rate=0.1,
            norm_mean=norm,
            norm_max=norm,
            clipped=0.0,
            tokens_per_second=1.0,
            seconds=1.0,
            best=False,
        )
        for number, loss, norm in ((1, 1.0, 0.5), (2, last_loss, 1e-8))
    ]
    assert any("vanished" in text for text in gradient_warnings(tuple(history))) == is_warned


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=20, unique=True).map(sorted))
def test_bands_meet_and_each_holds_its_place(places):
    bands = around(places, [str(place) for place in places], (places[0] - 1, places[-1] + 1))
    assert all(start <= place <= end for place, (start, end, _) in zip(places, bands, strict=True))
    assert all(a[1] == b[0] for a, b in itertools.pairwise(bands))


def test_shares_of_few_examples_are_hollow_and_not_joined(drawn):
    confidence = np.array([0.95] * 40 + [0.75] * 30 + [0.6] * 3)
    bins = calibration(confidence, np.arange(73) % 5 > 0)
    plots.reliability(bins)
    _, joined, hollow = drawn[-1].axes[0].lines
    assert len(joined.get_xdata()) == 2
    assert hollow.get_linestyle() == "None"
    assert hollow.get_xdata() == pytest.approx([0.6])
    assert "fewer than 10" in drawn[-1].axes[1].get_xlabel()
