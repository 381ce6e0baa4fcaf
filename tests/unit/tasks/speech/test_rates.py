"""The rate of sound that is told, known from training, or asked for: never another in silence."""

from __future__ import annotations

import io
import sys
from typing import Any

import numpy as np
import pytest
from tests import tiny

from ostinato import AudioFeatures, load
from ostinato._errors import ConfigError, DatasetError
from ostinato.cli.main import run
from ostinato.datasets import Recordings
from ostinato.datasets.records.recordings import merged
from ostinato.datasets.records.waves import samples_of

RATE = 44100


def sounds(rate: int = RATE) -> list[Any]:
    return [np.sin(2 * np.pi * hz * np.arange(rate // 4) / rate) for hz in (300, 700, 300, 700)] * 2


@pytest.fixture(scope="module")
def model() -> Any:
    one = tiny.CASES["speech"].make(features=AudioFeatures(normalization="running"))
    one.set_params(recurrent__bidirectional=False, averaged_frames=False)
    said = ["low", "high"] * 4
    return one.fit(sounds(), said, sample_rate_hz=RATE, validation=(sounds(), said))


def test_arrays_without_a_rate_have_that_of_the_training_recordings(
    model: Any, tmp_path: Any
) -> None:
    assert model.sample_rate_hz_ == 16000
    told = model.predict_details(sounds(), sample_rate_hz=RATE)
    model.save(tmp_path / "run")
    for one in (model, load(tmp_path / "run")):
        assert one.predict_details(sounds()) == told
        assert one.evaluate(sounds(), ["low"] * 8)["loss"] == pytest.approx(
            one.evaluate(sounds(), ["low"] * 8, sample_rate_hz=RATE)["loss"]
        )
        stream = one.stream()
        stream.push(sounds()[0].astype(np.float32))
        assert stream.finish()["seconds"] == 0.25


def test_after_training_on_several_rates_an_array_needs_its_own(
    model: Any, caplog: pytest.LogCaptureFixture
) -> None:
    model.recordings_hz_, own = None, model.recordings_hz_
    try:
        with pytest.raises(DatasetError, match="needs its rate"):
            model.predict(sounds())
        model.stream()
        assert "so the sound is taken for 16000 Hz" in caplog.text
        model.predict(sounds(), sample_rate_hz=RATE)
    finally:
        model.recordings_hz_ = own


@pytest.mark.parametrize("rate", [0, -8000, 8, "8000", True, float("nan"), 8000.5, 1e9, [8000]])
def test_what_is_no_rate_is_refused_wherever_it_is_given(model: Any, rate: Any) -> None:
    for ask in (
        lambda: model.predict(sounds(), sample_rate_hz=rate),
        lambda: model.stream(rate),
        lambda: Recordings.make(sounds(), None, "a list", sample_rate_hz=rate),
        lambda: model.evaluate(sounds(), ["low"] * 8, sample_rate_hz=rate),
    ):
        with pytest.raises(DatasetError, match="samples a second"):
            ask()
    if rate:  # none stands for one that is not known
        with pytest.raises(DatasetError, match="samples a second"):
            model.predict([{"array": sounds()[0], "sampling_rate": rate}])


@pytest.mark.parametrize("rate", [RATE, float(RATE), np.int64(RATE), np.float32(RATE)])
def test_a_whole_number_of_any_type_is_a_rate(model: Any, rate: Any) -> None:
    assert model.predict_details(sounds(), sample_rate_hz=rate) == model.predict_details(sounds())


@pytest.mark.parametrize("shape", [(4000,), (4000, 1), (4000, 2)])
def test_one_array_is_not_taken_for_a_list_of_recordings(
    model: Any, shape: tuple[int, ...]
) -> None:
    with pytest.raises(DatasetError, match=r"which is a single recording\. Write \[array\]"):
        model.predict(np.zeros(shape, np.float32))
    assert len(model.predict(np.zeros((2, 4000), np.float32))) == 2


def test_integers_of_16_bits_in_32_are_those_integers(caplog: pytest.LogCaptureFixture) -> None:
    narrow = np.arange(-3000, 3000, 7, dtype=np.int16)
    assert np.array_equal(samples_of(narrow.astype(np.int32), "a"), samples_of(narrow, "a"))
    assert "they are taken for 16-bit integers" in caplog.text
    wide = narrow.astype(np.int32) << 16
    assert np.array_equal(samples_of(wide, "a"), samples_of(narrow, "a"))
    of_24 = np.array([256, -512, 1024], np.int32)  # faint, but of 24 bits moved up
    assert samples_of(of_24, "a").max() == pytest.approx(1024 / 2**31)


def test_splits_of_several_rates_are_not_put_together() -> None:
    splits = [Recordings.make([np.zeros(80)], None, "a", sample_rate_hz=r) for r in (8000, 16000)]
    with pytest.raises(DatasetError, match="must have one rate"):
        merged(splits, "both")


@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.int8, bool])
def test_a_stream_takes_the_integers_that_recordings_may_have(model: Any, kind: Any) -> None:
    with pytest.raises(ConfigError, match="samples must be"):
        model.stream().push(np.zeros(80, kind))


def test_a_pipe_without_sound_is_told(
    model: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model.save(tmp_path / "run")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    assert run(["predict", str(tmp_path / "run"), "--stream"]) == 0
    assert "no sound came" in capsys.readouterr().err


def test_recordings_that_were_loaded_keep_their_transcripts(model: Any) -> None:
    said = ["low", "high"] * 4
    loaded = Recordings.make(sounds(), said, "a list", sample_rate_hz=RATE)
    assert model.evaluate(loaded)["wer"] == model.evaluate(loaded, said)["wer"]
    with pytest.raises(DatasetError, match="have their transcripts; got others"):
        model.evaluate(loaded, said[::-1])
