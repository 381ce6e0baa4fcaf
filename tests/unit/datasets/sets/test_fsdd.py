import gzip
import hashlib
import io
import tarfile
from collections import Counter

import pytest

from ostinato import DatasetError
from ostinato.datasets import load_recordings
from ostinato.datasets.sets import fsdd

SPEAKERS = ("ann", "bob")
CONTENTS = {
    f"{digit}_{speaker}_{index}.wav": f"{digit} {speaker} {index}".encode()
    for digit in range(10)
    for speaker in SPEAKERS
    for index in (0, 4, 5, 11)
}


def archive(contents=CONTENTS, *, mode="w:gz"):
    """The bytes of an archive as GitHub packs it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as members:
        for name, content in {"README.md": b"notes", **contents}.items():
            member = tarfile.TarInfo(f"digits-1/recordings/{name}")
            member.size = len(content)
            members.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The registered data set with 80 recordings, as an archive."""
    digests = [f"{name} {hashlib.sha256(data).hexdigest()}" for name, data in CONTENTS.items()]
    content_sha256 = hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()
    monkeypatch.setattr(fsdd, "COUNT", len(CONTENTS))
    monkeypatch.setattr(fsdd, "CONTENT_SHA256", content_sha256)
    monkeypatch.setenv("OSTINATO_DATA", str(tmp_path))
    place = tmp_path / "fsdd"
    place.mkdir()
    (place / fsdd.ARCHIVE.name).write_bytes(archive())
    return place


def test_the_official_test_split_has_the_indices_0_to_4(folder):
    splits = fsdd.read(folder)
    assert list(splits) == ["train", "test"]
    for name, indices in (("train", {"5", "11"}), ("test", {"0", "4"})):
        split = splits[name]
        assert len(split) == 40
        assert {file.rpartition("_")[2].removesuffix(".wav") for file in split.names} == indices
        for file, path, word, speaker in zip(
            split.names, split.audio, split.transcripts, split.speakers, strict=True
        ):
            digit, who, _ = file.split("_")
            assert (word, speaker) == (fsdd.WORDS[int(digit)], who)
            assert path.read_bytes() == CONTENTS[file]


def test_the_archive_is_unpacked_once_and_nothing_but_the_recordings(folder):
    first = fsdd.read(folder)["train"].audio[0]
    assert {path.name for path in first.parent.iterdir()} == set(CONTENTS)
    made = first.stat().st_ino
    assert fsdd.read(folder)["train"].audio[0] == first
    assert first.stat().st_ino == made


def test_the_folder_of_recordings_is_preferred_to_the_archive(folder):
    recordings = folder / "recordings"
    recordings.mkdir()
    for name, content in CONTENTS.items():
        (recordings / name).write_bytes(content)
    (folder / fsdd.ARCHIVE.name).write_bytes(b"damaged")
    assert fsdd.find(folder) == recordings
    split = fsdd.read(folder)["test"]
    assert {path.parent for path in split.audio} == {recordings}


def test_one_speaker_is_held_out_of_both_splits(folder):
    splits = load_recordings("fsdd", test_speaker="bob")
    assert {name: set(split.speakers) for name, split in splits.items()} == {
        "train": {"ann"},
        "test": {"bob"},
    }
    assert [len(split) for split in splits.values()] == [40, 40]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.999])
def test_an_archive_cut_short_is_refused_and_leaves_nothing_behind(folder, home_folder, share):
    path = folder / fsdd.ARCHIVE.name
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(DatasetError, match=r"free-spoken-digit-dataset\.tar\.gz"):
        fsdd.read(folder)
    assert list(home_folder.rglob("*.wav")) == []


def test_an_archive_cut_between_two_recordings_is_refused(folder):
    tar = gzip.decompress(archive())
    whole_members = tar[: 1024 * 30]  # a header and a block for each
    (folder / fsdd.ARCHIVE.name).write_bytes(gzip.compress(whole_members))
    with pytest.raises(DatasetError, match=r"Data set fsdd: .*Remove it and fetch it anew"):
        fsdd.read(folder)


@pytest.mark.parametrize(
    "contents",
    [
        {name: data for name, data in CONTENTS.items() if name != "3_ann_4.wav"},
        CONTENTS | {"3_ann_4.wav": b"another"},
        CONTENTS | {"3_ann_12.wav": b"one more"},
        {},
    ],
    ids=["lacks-one", "changed", "one-more", "none"],
)
def test_an_archive_of_other_recordings_is_refused(folder, contents):
    (folder / fsdd.ARCHIVE.name).write_bytes(archive(contents))
    with pytest.raises(DatasetError, match=r"Data set fsdd: .* of v1\.0\.10; it holds .*fetch it"):
        fsdd.read(folder)


@pytest.mark.parametrize("content", [b"no archive", gzip.compress(b"no archive" * 100)])
def test_what_is_no_archive_is_refused(folder, content):
    (folder / fsdd.ARCHIVE.name).write_bytes(content)
    with pytest.raises(DatasetError, match=r"free-spoken-digit-dataset\.tar\.gz.*fetch"):
        fsdd.read(folder)


def test_an_archive_packed_anew_is_read_as_its_content_is_the_same(folder):
    (folder / fsdd.ARCHIVE.name).write_bytes(archive(dict(reversed(CONTENTS.items()))))
    assert len(fsdd.read(folder)["train"]) == 40


def test_a_folder_that_lacks_a_recording_is_refused(folder):
    recordings = folder / "recordings"
    recordings.mkdir()
    for name in list(CONTENTS)[1:]:
        (recordings / name).touch()
    with pytest.raises(DatasetError, match=r"recordings must hold 80 recordings; got 79\..*anew"):
        fsdd.read(folder)
    (recordings / "zero_ann.wav").touch()
    with pytest.raises(DatasetError, match=r"called digit_speaker_index\.wav; got .*zero_ann\.wav"):
        fsdd.read(folder)


def test_neither_form_is_told(tmp_path):
    assert fsdd.find(tmp_path) is None
    with pytest.raises(DatasetError, match=r"must hold recordings/ or free-.*; got neither\..*get"):
        fsdd.read(tmp_path)


@pytest.mark.data
def test_the_real_recordings_have_their_published_counts_and_each_speaker_can_be_held_out():
    splits = load_recordings("fsdd")
    assert {name: len(split) for name, split in splits.items()} == {"train": 2700, "test": 300}
    speakers = {"george", "jackson", "lucas", "nicolas", "theo", "yweweler"}
    for name, each in (("train", 45), ("test", 5)):
        counts = Counter(zip(splits[name].speakers, splits[name].transcripts, strict=True))
        assert counts == dict.fromkeys([(s, w) for s in speakers for w in fsdd.WORDS], each)
    assert len({key for split in splits.values() for key in split.keys}) == 3000
    for speaker in speakers:
        held = load_recordings("fsdd", test_speaker=speaker)
        assert {name: len(split) for name, split in held.items()} == {"train": 2500, "test": 500}
        assert set(held["test"].speakers) == {speaker}
        assert set(held["train"].speakers) == speakers - {speaker}
