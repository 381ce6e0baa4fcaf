"""What every estimator promises, in scikit-learn's manner: a law a function, over every case."""

from __future__ import annotations

import copy
import io
import json
import pickle
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from examples import count_events
from sklearn import exceptions
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from tests.commands import FRESH
from tests.containers import ANY
from tests.tiny import CASES as OURS
from tests.tiny import EXAMPLE, EstimatorCase

import ostinato
from ostinato import (
    CheckpointError,
    ConfigError,
    DatasetError,
    NotFittedError,
    OstinatoError,
    StoppedError,
    report,
)
from ostinato._native import library
from ostinato.datasets import Recordings
from ostinato.tasks import TASKS
from ostinato.tasks.answers import header, table_rows

pytestmark = pytest.mark.paths("best")
CASES = {**OURS, "example": EXAMPLE}
needs_targets = pytest.mark.parametrize(
    "case", [name for name, case in CASES.items() if not case.is_table], indirect=True
)


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> Iterator[EstimatorCase]:
    """A case; while it is the example's, the tables have its rows."""
    with pytest.MonkeyPatch.context() as tables:
        for row in count_events.ROWS if request.param == "example" else ():
            tables.setitem(*row)
        yield CASES[request.param]


@pytest.fixture(scope="module")
def fitted(case: EstimatorCase) -> Any:
    """The model of a case. A law that changes it takes a copy."""
    return case.fit()


def test_what_is_shown_fits_80_columns_and_changes_nothing(
    case: EstimatorCase, fitted: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    case.fit()
    assert capsys.readouterr() == ("", "")  # nobody watches
    shown = case.fit(verbose=True)
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert all(len(line) <= 80 for line in lines)
    head = next(row for row, line in enumerate(lines) if line.startswith("epoch  train loss"))
    assert len(lines[head + 1 :]) == len(shown.history_)
    assert_same(weights(shown), weights(fitted))


@pytest.fixture(scope="module")
def answers(case: EstimatorCase, fitted: Any) -> list[Any]:
    return case.answers(fitted)


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, mp_context=FRESH) as pool:
        yield pool


class Listens:
    """Hears of epochs, and does something at the end of the first."""

    def __init__(self, do: Callable[[], object]) -> None:
        self.do, self.epochs = do, list[int]()

    def step(self, progress: Any, steps_per_epoch: int, loss: float) -> None: ...

    def epoch(self, record: Any) -> None:
        self.epochs.append(record["epoch"])
        if record["epoch"] == 1:
            self.do()


def interrupt() -> None:
    raise KeyboardInterrupt


def assert_same(found: list[Any], expected: list[Any]) -> None:
    """To the last bit."""
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def assert_refused(kind: type[Exception], call: Callable[..., Any], *args: Any, **more: Any) -> str:
    """In a line of at most 300 characters."""
    with pytest.raises(kind) as caught:
        call(*args, **more)
    message = str(caught.value)
    assert 0 < len(message) <= 300, message
    assert "\n" not in message
    return message


def weights(model: Any) -> list[Any]:
    return [tensor.numpy() for tensor in model.module_.state_dict().values()]


def losses(model: Any) -> list[Any]:
    splits = ("train", "validation")
    return [
        (r["epoch"], r["steps"], *(r[split]["loss"] for split in splits)) for r in model.history_
    ]


# Settings ----------------------------------------------------------------------------------------


def test_every_task_has_a_case_and_presets_that_can_be_set():
    ours = set(TASKS.values()) - {type(EXAMPLE.estimator)}  # it stands there during its own laws
    assert {type(case.estimator) for case in OURS.values()} == ours
    for name, task in TASKS.items():
        assert task.task == name
        for preset in task.presets.values():
            assert task().set_params(**preset).get_params().items() >= preset.items()


def test_making_one_stores_what_was_given_and_does_nothing_else(case):
    values = {name: object() for name in case.estimator.get_params(deep=False)}
    model = type(case.estimator)(**values)
    assert vars(model) == values
    assert_refused(OstinatoError, case.fit, model)


def test_a_clone_has_the_settings_and_nothing_learnt(case, fitted):
    twin = clone(fitted)
    assert twin.get_params() == fitted.get_params()
    assert vars(twin).keys() == twin.get_params(deep=False).keys()
    twin.set_params(recurrent__hidden_size=99)
    assert fitted.recurrent.hidden_size == 8


def test_settings_that_are_set_are_got(case):
    given = case.estimator.get_params()
    model = type(case.estimator)().set_params(**given)
    assert model.get_params() == given
    assert model.set_params(**case.others).get_params().items() >= case.others.items()
    assert not case.estimator.get_params().items() & case.others.items()


WRONG = {"trainin": 1}, {"training__epoch": 1}, {"training__epochs": 0}, {"head_dropout__x": 1}


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_settings_that_are_wrong_are_refused_and_nothing_is_set(case, wrong):
    model = case.make()
    told = assert_refused(
        ConfigError, model.set_params, head_dropout=0.4, training__seed=7, **wrong
    )
    assert ("did you mean" in told) == (wrong in WRONG[:2])
    assert model.get_params() == case.estimator.get_params()


def test_it_is_written_as_it_is_made(case, fitted):
    assert repr(type(fitted)()) == f"{type(fitted).__name__}()"
    names = {name: getattr(ostinato, name) for name in ostinato.__all__} | vars(count_events)
    assert eval(repr(fitted), names).get_params() == fitted.get_params()
    assert len(repr(fitted)) < 300


# Fitting -----------------------------------------------------------------------------------------


def test_fit_returns_the_model_and_changes_neither_settings_nor_data(case):
    model, data = case.make(), copy.deepcopy((case.X, case.y))
    settings = model.get_params(deep=False)
    assert case.fit(model) is model
    assert all(getattr(model, name) is value for name, value in settings.items())
    np.testing.assert_equal((case.X, case.y), data)
    if not case.is_table:
        splits = model.facts_["train"]["n"], model.facts_["validation"]["n"]
        assert splits == (len(case.X) - len(case.X) // 10, len(case.X) // 10)


def test_the_seed_alone_decides(case, fitted, answers):
    """Not the random states of others, which are not moved either."""
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002 the global state is what must not move
    before = torch.get_rng_state(), np.random.get_state()[1]  # noqa: NPY002 as above
    again = case.fit()
    assert_same([torch.get_rng_state(), np.random.get_state()[1]], before)  # noqa: NPY002 as above
    assert_same(weights(again), weights(fitted))
    assert case.answers(again) == answers
    other = weights(case.fit(case.make(training__seed=1)))
    assert any((one != two).any() for one, two in zip(other, weights(fitted), strict=True))


@needs_targets
def test_what_is_held_out_is_no_copy_of_what_is_trained_on(case):
    make = Recordings.make if case is CASES["speech"] else case.make()._split
    whole = {"train": make([*case.X, *case.X], [*case.y, *case.y], "train", **case.options)}
    splits = case.make().hold_out(whole)
    train, held = (list(splits[name].keys) for name in ("train", "validation"))
    assert not set(train) & set(held)
    assert sorted(train + held) == sorted(whole["train"].keys)
    assert 0 < len(held) <= 0.15 * 2 * len(case.X)


@pytest.mark.parametrize("kind", [int, bool, float])
@pytest.mark.parametrize("case", ["text", "sequences"], indirect=True)
def test_labels_keep_their_type(case, kind, tmp_path):
    model = case.make().fit(case.X, [kind(int(label)) for label in case.y])
    model.save(tmp_path / "run")
    for one in (model, ostinato.load(tmp_path / "run")):
        assert {type(label) for label in one.predict(case.X).tolist()} == {kind}


def test_before_it_is_fitted_it_says_so(case, tmp_path):
    model = case.make()
    calls: dict[str, tuple[Any, ...]] = {
        **dict.fromkeys(("predict", "predict_proba", "predict_spans"), (case.X,)),
        "predict_details": ([case.X] if case.is_table else case.X,),
        **dict.fromkeys(("evaluate", "score"), (case.X, case.y)),
        **dict.fromkeys(("stream", "plot"), ()),
        "save": (tmp_path / "run",),
    }
    for name in calls.keys() & set(dir(model)):
        for kind in (ConfigError, NotFittedError, exceptions.NotFittedError):
            assert_refused(kind, getattr(model, name), *calls[name])
    learnt = ("history_", "metrics_", "classes_", "n_features_in_", "module_")
    assert not any(hasattr(model, name) for name in learnt)


@pytest.mark.parametrize("failure", ["interrupted", "of data", "of settings"])
def test_a_fit_that_fails_leaves_the_model_as_it_was(case, fitted, answers, failure):
    for model in (copy.deepcopy(fitted), case.make()):
        model.set_params(training__seed=1)
        settings: Any = {"X": case.X, "y": case.y, **case.options}
        if failure == "interrupted":
            settings["callbacks"] = [Listens(interrupt)]
        elif failure == "of data":
            settings |= case.refused
        else:
            model.set_params(head_dropout=7.0)
        with pytest.raises((KeyboardInterrupt, ConfigError, DatasetError)):
            model.fit(**settings)
        if hasattr(model, "module_"):
            assert case.answers(model) == answers
            assert model.history_ == fitted.history_
        else:
            assert_refused(NotFittedError, model.predict, case.X)


def test_a_second_fit_forgets_the_first(case, fitted, answers, tmp_path):
    first = case.fit(case.make(training__seed=1, recurrent__hidden_size=5), case.some)
    first.save(tmp_path / "run")
    for model in (first, ostinato.load(tmp_path / "run")):
        case.fit(model.set_params(training__seed=0, recurrent__hidden_size=8))
        assert case.answers(model) == answers
        assert vars(model).keys() - {"run_"} == vars(fitted).keys()


def test_settings_of_later_change_nothing_that_is_fitted(case, fitted, answers, tmp_path):
    model = copy.deepcopy(fitted).set_params(**case.others)
    assert case.answers(model) == answers
    model.save(tmp_path / "run")
    loaded = ostinato.load(tmp_path / "run")
    assert case.answers(loaded) == answers
    assert loaded.get_params() == model.get_params()
    assert_refused(ConfigError, model.set_params(head_dropout=7.0).save, tmp_path / "other")


def test_settings_of_decoding_count_at_once():
    case = CASES["speech"]
    model = case.fit()
    before = model.predict(case.X)
    strict = model.predict(case.X, threshold=0.999, beam_width=3)
    assert model.set_params(threshold=0.999, beam_width=3).predict(case.X) == strict != before


WITHOUT_CODE = {"", ".json", ".jsonl", ".md", ".parquet", ".safetensors"}
WRITTEN = {"README.md", "SHA256SUMS", "checkpoint", "config.json", "history.jsonl", "metrics.json"}

# Runs --------------------------------------------------------------------------------------------


def test_saved_equals_loaded(case, fitted, answers, tmp_path):
    run, again = tmp_path / "run", tmp_path / "again"
    fitted.save(run)
    assert_refused(ConfigError, fitted.save, run)
    ostinato.load(run).save(again)
    for model in (ostinato.load(run), type(fitted).load(again)):
        assert type(model) is type(fitted)
        assert case.answers(model) == answers
        assert model.get_params() == fitted.get_params()
        assert model.sized_.get_params() == fitted.sized_.get_params()
        assert (model.history_, model.metrics_) == (fitted.history_, fitted.metrics_)
    assert {path.suffix for path in run.iterdir()} <= WITHOUT_CODE
    assert "has not finished" not in report.write(run).read_text()
    other = next(task for task in TASKS.values() if not isinstance(fitted, task))
    assert_refused(CheckpointError, other.load, run)


def test_copies_answer_the_same_here_and_in_another_process(
    case, fitted, answers, elsewhere, tmp_path
):
    fitted.save(tmp_path / "run")
    buffer = io.BytesIO()
    joblib.dump(fitted, buffer)
    twins = [copy.deepcopy(fitted), joblib.load(buffer)]
    twins.append(pickle.loads(pickle.dumps(ostinato.load(tmp_path / "run"))))
    gone = ostinato.load(tmp_path / "run")
    shutil.rmtree(tmp_path / "run")
    for twin in twins:
        assert case.answers(twin) == answers
        assert (twin.history_, twin.metrics_) == (fitted.history_, fitted.metrics_)
    assert_refused(CheckpointError, lambda: gone.metrics_)
    asked = case.asked(case.X)
    assert elsewhere.submit(fitted.predict_details, asked).result(
        timeout=120
    ) == fitted.predict_details(asked)


def test_a_run_that_was_stopped_goes_on_to_the_same_bits(case, fitted, answers, tmp_path):
    run = tmp_path / "run"
    stops, hears = Listens(lambda: signal.raise_signal(signal.SIGINT)), Listens(interrupt)
    with pytest.raises(StoppedError):
        case.fit(out=run, callbacks=[stops])
    assert_refused(ConfigError, case.fit, out=run)
    other = case.make(training__learning_rate=0.5)
    assert_refused(CheckpointError, case.fit, other, out=run, resume=True)
    assert_refused(CheckpointError, case.fit, rows=case.some, out=run, resume=True)
    resumed = case.fit(out=run, resume=True, callbacks=[hears])
    assert (stops.epochs, hears.epochs) == ([1], [2])
    assert {*WRITTEN, "model.safetensors", "predictions.parquet"} <= {p.name for p in run.iterdir()}
    for model in (resumed, ostinato.load(run)):
        assert_same(weights(model), weights(fitted))
        assert case.answers(model) == answers
        assert losses(model) == losses(fitted)
        assert model.sized_.get_params() == fitted.sized_.get_params()
    assert_refused(ConfigError, case.fit, resume=True)


# Answers -----------------------------------------------------------------------------------------


@pytest.mark.skipif(not library.status().loaded, reason="the kernels are not in use")
def test_batch_mates_and_order_change_nothing(case, tmp_path):
    for number, settings in enumerate(({}, *case.variants)):
        model = case.fit(case.make(recurrent__hidden_size=40, training__epochs=1, **settings))
        whole = case.answers(model)
        count = len(whole)
        order = np.random.default_rng(0).permutation(count)
        for drawn in ([0], [1], [count // 2], [count - 1], *np.array_split(order, 3)):
            rows = sorted(drawn) if case.is_table else list(drawn)
            found = case.answers(model, case.take(rows))
            assert found == [whole[row] for row in rows]
        model.save(tmp_path / str(number))
        assert case.answers(ostinato.load(tmp_path / str(number))) == whole


def test_threads_change_nothing(case, fitted, answers):
    ended = threading.Event()

    def draw() -> None:
        while not ended.wait(0.001):
            torch.rand(3)

    with ThreadPoolExecutor(7) as pool:
        pool.submit(draw)
        asked = [pool.submit(case.answers, fitted) for _ in range(4)]
        fits = [pool.submit(case.fit) for _ in range(2)]
        try:
            for future in asked:
                assert future.result() == answers
            for future in fits:
                assert_same(weights(future.result()), weights(fitted))
        finally:
            ended.set()


def test_what_holds_the_data_does_not_matter(case, fitted, answers):
    forms: list[Any] = (
        [pd.DataFrame(case.X), pl.DataFrame(case.X), pa.table(case.X)]
        if (case.is_table)
        else [ANY[name](case.X) for name in ("tuple", "iterator", "objects", "pandas series")]
    )
    for form in forms:
        assert case.answers(fitted, form) == answers
    y = case.y if case.is_table else ANY["pandas series"](case.y)
    assert fitted.score(forms[-1], y) == fitted.score(case.X, case.y)
    model = case.make().fit(forms[-1], y, **case.options)
    assert_same(weights(model), weights(fitted))


def test_what_is_explained_is_json_and_a_line(case, fitted):
    told = fitted.predict_details([case.X] if case.is_table else case.X)
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert len(told) == (4 * 4 if case.is_table else len(case.X))
    lines = [fitted.format_prediction(answer) for answer in told]
    assert all(len(line.splitlines()) == 1 for line in lines)
    for number, answer in enumerate(told, 1):
        names = header(answer, fitted.line_fields)
        assert not names or names.count("\t") == lines[number - 1].count("\t")
        for row in table_rows(answer, number, fitted.several):
            assert all(isinstance(value, str | int | float) for value in row.values())


@needs_targets
def test_it_is_the_kind_that_it_says(case, fitted):
    assert is_regressor(fitted) == (case is CASES["values"])
    assert is_classifier(fitted) == hasattr(fitted, "classes_")
    said = [
        row.get("label", row.get("value", row.get("text")))
        for row in fitted.predict_details(case.X)
    ]
    if is_classifier(fitted):
        assert fitted.classes_.tolist() == ["0", "1"]
    if case not in (CASES["tags"], CASES["labels"]):
        np.testing.assert_array_equal(fitted.predict(case.X), said)
    if is_classifier(fitted) and case is not CASES["labels"]:
        chances = fitted.predict_proba(case.X)
        np.testing.assert_array_equal(said, fitted.classes_[chances.argmax(axis=1)])
        np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-5)
        assert fitted.score(case.X, case.y) == np.mean(np.array(said) == case.y)
    if hasattr(fitted, "n_features_in_"):
        assert fitted.n_features_in_ == case.X[0].shape[1]


# Measures ----------------------------------------------------------------------------------------


@needs_targets
def test_evaluate_measures_what_fit_measured(case):
    held = (case.take(case.some), [case.y[row] for row in case.some])
    model = case.fit(validation=held)
    kept, found = model.metrics_["validation"], model.evaluate(*held)
    names = (kept.keys() & found.keys()) - {"real_time_factor"}
    assert len(names) > 3
    assert {name: found[name] for name in names} == {name: kept[name] for name in names}
    assert model.score(*held) <= 1


@needs_targets
def test_examples_of_train_are_measured_apart(case, fitted):
    seen, rest = case.keys(case.X[:4]), (case.X[4:], case.y[4:])
    figures, alone = fitted.evaluate(case.X, case.y, seen=seen), fitted.evaluate(*rest, seen=seen)
    unseen = {name: value for name, value in figures.items() if name.endswith("_unseen")}
    assert unseen.pop("n_unseen") == len(case.X) - 4
    assert unseen
    for name, value in unseen.items():
        assert value == pytest.approx(alone[name.removesuffix("_unseen")])
    assert not [name for name in alone if name.endswith("_unseen")]


# Bad input ---------------------------------------------------------------------------------------

NO_DATA = {
    "none": None,
    "empty": [],
    "number": 3,
    "string": "a",
    "bytes": b"a",
    "dictionary": {"a": [1]},
    "set": {1, 2},
    "nan": float("nan"),
    "missing": [None],
    "scalar": np.array(1.0),
    "scalar of torch": torch.tensor(1),
    "two columns": pd.DataFrame({"text": ["a"], "label": ["b"]}),
    "two columns of polars": pl.DataFrame({"text": ["a"], "label": ["b"]}),
    "two columns of arrow": pa.table({"text": ["a"], "label": ["b"]}),
    "lazy": pl.LazyFrame({"text": ["a"]}),
    "function": len,
}


@pytest.mark.parametrize("given", NO_DATA.values(), ids=NO_DATA)
def test_what_is_no_data_is_refused(case, fitted, given):
    assert_refused(DatasetError, case.make().fit, given, case.y, **case.options)
    if not case.is_table:
        assert_refused(DatasetError, case.make().fit, case.X, given, **case.options)
        assert_refused(DatasetError, fitted.evaluate, case.X, given)
        assert_refused(DatasetError, fitted.score, case.X, given)
    if given is NO_DATA["empty"] and not case.is_table:
        assert len(fitted.predict(given)) == len(fitted.predict_details(given)) == 0
    elif not (case.is_table and given is None):  # which asks to go on from the past
        assert_refused(DatasetError, fitted.predict, given)


def test_what_does_not_fit_the_model_is_refused(case, fitted):
    for given in case.strange:
        assert_refused(DatasetError, fitted.predict, given)


# Inside scikit-learn -----------------------------------------------------------------------------


@needs_targets
def test_it_is_piped_searched_and_cross_validated(case):
    steps = [("same", FunctionTransformer()), ("model", case.make(training__epochs=1))]
    grid = {"model__recurrent__hidden_size": [3, 4]}
    search = GridSearchCV(Pipeline(steps), grid, cv=2, error_score="raise")
    search.fit(case.X, case.y, **{f"model__{name}": value for name, value in case.options.items()})
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_estimator_["model"].recurrent.hidden_size in (3, 4)
    assert len(search.predict(case.X)) == len(case.X)
