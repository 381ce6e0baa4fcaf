"""The generated keywords: as many as is said, the same each time, each in a voice of its own."""

import numpy as np
import pytest

from ostinato.datasets.sets import keywords
from ostinato.datasets.sets.keywords import SAMPLE_RATE_HZ, WORDS


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Three clips of each word in a split, written twice."""
    folders = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keywords, "EACH", {"train": 3, "test": 2})
        for name in ("one", "two"):
            folders.append(tmp_path_factory.mktemp(name))
            keywords.write(folders[-1])
    return folders, keywords.read(folders[0])


def test_the_same_files_are_written_each_time(written):
    (one, two), _ = written
    files = [path.relative_to(one) for path in one.rglob("*.wav")]
    assert len(files) == (3 + 2) * (len(WORDS) + 1)
    assert all((one / file).read_bytes() == (two / file).read_bytes() for file in files)


def test_a_split_has_each_word_and_clips_of_nothing_and_no_two_are_equal(written):
    _, splits = written
    for name, count in (("train", 3), ("test", 2)):
        said = splits[name].transcripts
        assert {word: said.count(word) for word in said} == dict.fromkeys(["", *WORDS], count)
    keys = [key for split in splits.values() for key in split.keys]
    assert len(set(keys)) == len(keys)


def test_the_description_tells_the_sizes():
    sizes = " + ".join(str(each * (len(WORDS) + 1)) for each in keywords.EACH.values())
    assert sizes in keywords.DATASET.description


@pytest.mark.parametrize("word", [*WORDS, None])
def test_a_clip_is_sound_of_about_half_a_second(word):
    for seed in range(3):
        sound = keywords.signal(word, np.random.default_rng(seed))
        assert sound.dtype == np.float32
        assert 0.2 < len(sound) / SAMPLE_RATE_HZ < 1.2
        assert 0.009 < np.abs(sound).max() <= 0.91


def test_hissing_sounds_are_high_and_voiced_ones_low():
    rng = np.random.default_rng(0)
    for _ in range(5):
        sound = keywords.signal("yes", rng)
        half = len(sound) // 2
        centres = []
        for part in (sound[:half], sound[half:]):
            power = np.abs(np.fft.rfft(part)) ** 2
            centres.append((np.fft.rfftfreq(len(part), 1 / SAMPLE_RATE_HZ) @ power) / power.sum())
        assert centres[0] < centres[1]
