import csv
import itertools
import wave

import numpy as np
import pytest

from ostinato.datasets import load_recordings
from ostinato.datasets.sets import morse

RATE = morse.SAMPLE_RATE_HZ
LETTERS = {code: letter for letter, code in morse.CODES.items()}
QUIET = 200.0  # dB of signal to noise: as good as none


def read_by_ear(sound, words_per_minute):
    """The message of a sound without noise, from the lengths of tones and gaps alone."""
    dot = 1.2 / words_per_minute * RATE
    level = np.convolve(np.abs(sound), np.ones(40) / 40, "same")  # over two periods at least
    runs = [
        (is_tone, len(list(run))) for is_tone, run in itertools.groupby(level > level.max() / 3)
    ]
    while not runs[-1][0]:
        runs.pop()
    while not runs[0][0]:
        runs.pop(0)
    codes, text = "", ""
    for is_tone, length in runs:
        if is_tone:
            codes += "." if length < 2 * dot else "-"
        elif length > 2 * dot:
            text += LETTERS[codes] + (" " if length > 5 * dot else "")
            codes = ""
    return text + LETTERS[codes]


@pytest.mark.parametrize("speed", [18, 25, 36])
@pytest.mark.parametrize("pitch", [400, 600, 1000])
def test_a_message_can_be_read_by_its_timing(speed, pitch):
    rng = np.random.default_rng(speed + pitch)
    for text in ("SOS", "E", "T", "PARIS 73", "".join(morse.CODES), "A 5 0H"):
        sound = morse.signal(
            text, rng, words_per_minute=speed, pitch_hz=pitch, snr_db=QUIET
        ).astype(float)
        assert read_by_ear(sound, speed) == text


def test_codes_are_those_of_the_standard_and_no_two_are_equal():
    assert len(LETTERS) == len(morse.CODES) == 36
    some = {
        "E": ".",
        "T": "-",
        "A": ".-",
        "S": "...",
        "O": "---",
        "Q": "--.-",
        "5": ".....",
        "0": "-----",
    }
    assert some.items() <= morse.CODES.items()


@pytest.mark.parametrize("pitch", [400.0, 1000.0])
def test_the_tone_has_the_pitch_that_is_asked(pitch):
    sound = morse.signal("00000", np.random.default_rng(0), pitch_hz=pitch, snr_db=QUIET)
    spectrum = np.abs(np.fft.rfft(sound, 8 * RATE))
    assert spectrum.argmax() / 8 == pytest.approx(pitch, abs=1)


@pytest.mark.parametrize("snr_db", [5.0, 10.0, 30.0])
def test_noise_has_the_power_that_is_asked_beside_a_tone_that_does_not_stop(snr_db):
    options = {"words_per_minute": 20.0, "pitch_hz": 700.0}
    clean, noisy = (
        morse.signal("PARIS PARIS", np.random.default_rng(3), snr_db=db, **options).astype(float)
        for db in (QUIET, snr_db)
    )
    noise = noisy - clean * (noisy @ clean) / (clean @ clean)
    tone = (noisy - noise).max() ** 2 / 2  # power while it sounds
    # Measured over 40 seeds: at most 0.11 dB off, of 47,000 samples.
    assert 10 * np.log10(tone / noise.var()) == pytest.approx(snr_db, abs=0.3)


def test_samples_fit_into_a_file_and_loudness_varies():
    peaks = []
    for seed in range(20):
        sound = morse.signal("HI", np.random.default_rng(seed), snr_db=5.0)
        assert sound.dtype == np.float32
        peaks.append(np.abs(sound).max())
    assert 0.09 < min(peaks) < 0.3
    assert 0.7 < max(peaks) <= 0.91


def test_a_wav_file_holds_the_samples_in_16_bits(tmp_path):
    sound = np.array([0.0, 1.0, -1.0, 0.3, 2.0, -7.0, 1e-9], np.float32)
    morse.write_wav(tmp_path / "a.wav", sound, 11025)
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert file.getparams()[:4] == (1, 2, 11025, 7)
        stored = np.frombuffer(file.readframes(7), "<i2")
    assert stored.tolist() == [0, 32767, -32767, 9830, 32767, -32767, 0]


def test_the_same_files_are_written_each_time_and_splits_are_drawn_by_themselves(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(morse, "SIZES", {"train": 4, "validation": 2, "test": 3})
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        morse.write(tmp_path / name)
    files = [path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*")]
    assert len(files) == 4 + 2 + 3 + 3
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    splits = morse.read(tmp_path / "one")
    assert [len(split) for split in splits.values()] == [4, 2, 3]
    assert len({split.transcripts[0] for split in splits.values()}) == 3
    with (tmp_path / "one" / "test.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["path", "text"]
    assert [path for path, _ in rows[1:]] == ["test/0000.wav", "test/0001.wav", "test/0002.wav"]


@pytest.fixture(scope="module")
def bundled(tmp_path_factory):
    """All splits, generated once."""
    folder = tmp_path_factory.mktemp("morse")
    morse.write(folder)
    return morse.read(folder)


def test_the_bundled_recordings_are_as_many_as_is_said_and_no_two_are_equal(bundled):
    assert {name: len(split) for name, split in bundled.items()} == morse.SIZES
    keys = [key for split in bundled.values() for key in split.keys]
    assert len(set(keys)) == sum(morse.SIZES.values())


def test_the_description_tells_the_sizes():
    sizes = " + ".join(f"{size:,}" for size in morse.SIZES.values())
    assert sizes in morse.DATASET.description


def test_every_split_has_every_letter_and_several_groups(bundled):
    for split in bundled.values():
        heard = {letter for said in split.transcripts for letter in said}
        assert heard >= {" ", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
        assert heard <= {" ", *morse.CODES}


def test_no_message_of_test_is_in_train(bundled):
    assert set(bundled["test"].transcripts) & set(bundled["train"].transcripts) == set()


def test_the_bundled_recordings_are_loaded_by_their_name(monkeypatch):
    monkeypatch.setattr(morse, "SIZES", {"train": 3, "validation": 1, "test": 2})
    assert [len(split) for split in load_recordings("morse").values()] == [3, 1, 2]
