import pytest

from ostinato import ConfigError, DatasetError
from ostinato.datasets import load_recordings, load_tagged, load_texts, read_recordings


def manifest(path, *rows, speakers=True):
    """A csv of rows ``(file, text, speaker)``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["path,text,speaker" if speakers else "path,text"]
    lines += [",".join(row if speakers else row[:2]) for row in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


def pair(path, text):
    """An empty sound file beside its text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    path.with_suffix(".txt").write_text(text)


def said(splits):
    return {name: split.transcripts for name, split in splits.items()}


def test_a_manifest_is_train_and_others_are_named_beside_it(tmp_path):
    paths = [manifest(tmp_path / f"{name}.csv", ("1.wav", name, "x")) for name in "abc"]
    assert said(load_recordings(paths[0])) == {"train": ["a"]}
    splits = load_recordings(str(paths[0]), test=paths[2], validation=str(paths[1]))
    assert said(splits) == {"train": ["a"], "validation": ["b"], "test": ["c"]}
    assert list(splits) == ["train", "validation", "test"]


def test_named_columns_are_those_of_every_split(tmp_path):
    for name in ("train", "test"):
        (tmp_path / f"{name}.csv").write_text("path,text,f,t,s\n1.wav,a,2.wav,b,c\n")
    columns = {"audio_column": "f", "text_column": "t", "speaker_column": "s"}
    for split in load_recordings(tmp_path, **columns).values():
        assert (split.audio, split.transcripts) == ([tmp_path / "2.wav"], ["b"])
        assert split.speakers == ["c"]


@pytest.mark.parametrize("name", ["dev", "valid", "validation", "val", "Dev"])
def test_a_folder_has_its_splits_by_the_names_of_manifests_or_of_folders(tmp_path, name):
    for split in ("train", name, "test"):
        manifest(tmp_path / "tables" / f"{split}.csv", ("1.wav", split, "x"))
        pair(tmp_path / "folders" / split / "deep" / "1.wav", split)
    expected = {"train": ["train"], "validation": [name], "test": ["test"]}
    assert said(load_recordings(tmp_path / "tables")) == expected
    assert said(load_recordings(tmp_path / "folders")) == expected


def test_manifests_are_read_though_folders_of_the_same_names_hold_the_sounds(tmp_path):
    for split in ("train", "test"):
        manifest(tmp_path / f"{split}.csv", (f"{split}/1.wav", split, "x"))
        (tmp_path / split).mkdir()
        (tmp_path / split / "1.wav").touch()
    splits = load_recordings(tmp_path)
    assert said(splits) == {"train": ["train"], "test": ["test"]}
    assert splits["test"].audio == [tmp_path / "test" / "1.wav"]


def test_manifests_are_read_though_the_sounds_lie_beside_them(tmp_path):
    for split in ("train", "test"):
        manifest(tmp_path / f"{split}.csv", (f"{split}-1.wav", split, "x"))
        (tmp_path / f"{split}-1.wav").touch()
    assert said(load_recordings(tmp_path)) == {"train": ["train"], "test": ["test"]}


@pytest.mark.parametrize("name", ["test.wav", "dev.flac", "train.wav"])
def test_a_sound_is_no_split_whatever_it_is_called(tmp_path, name):
    manifest(tmp_path / "train.csv", (name, "one", "x"))
    (tmp_path / name).touch()
    assert said(load_recordings(tmp_path)) == {"train": ["one"]}


def test_a_folder_of_sounds_beside_texts_is_train(tmp_path):
    pair(tmp_path / "1.wav", "one")
    pair(tmp_path / "within" / "2.wav", "two")
    assert said(load_recordings(tmp_path)) == {"train": ["one", "two"]}


def test_a_folder_all_of_whose_sounds_are_in_folders_within_is_train(tmp_path):
    pair(tmp_path / "ann" / "1.wav", "one")
    pair(tmp_path / "bob" / "2.wav", "two")
    assert read_recordings(tmp_path).transcripts == ["one", "two"]
    assert said(load_recordings(tmp_path)) == {"train": ["one", "two"]}


def test_two_folders_for_one_split_are_refused(tmp_path):
    for name in ("train", "dev", "valid"):
        pair(tmp_path / name / "1.wav", name)
    with pytest.raises(DatasetError, match=r"one .*validation split; got dev and valid"):
        load_recordings(tmp_path)


def test_a_folder_without_a_train_split_is_refused(tmp_path):
    manifest(tmp_path / "test.csv", ("1.wav", "a", "x"))
    with pytest.raises(DatasetError, match=r"must hold a train file .*\.parquet.*; got test\.csv"):
        load_recordings(tmp_path)


def test_a_name_that_is_neither_registered_nor_a_file_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatasetError, match=r"got neither; did you mean `fsdd`\?"):
        load_recordings("fssd")
    manifest(tmp_path / "calls.csv", ("1.wav", "a", "x"))
    with pytest.raises(DatasetError, match=r"none of that name; did you mean `calls\.csv`\?"):
        load_recordings("cals.csv")


def test_texts_are_no_recordings_and_recordings_are_no_texts():
    with pytest.raises(DatasetError, match=r"one of recordings; got one of labelled texts\. .*ify"):
        load_recordings("imdb")
    with pytest.raises(DatasetError, match=r"recordings; got one of tagged sentences\. .* tag co"):
        load_recordings("conll2003")
    for read in (load_texts, load_tagged):
        with pytest.raises(DatasetError, match=r"got one of recordings\. .*train transcribe fsdd"):
            read("fsdd")


def test_one_sound_file_is_a_recording_without_a_transcript(tmp_path):
    path = tmp_path / "call.wav"
    path.touch()
    split = read_recordings(path, labelled=False)
    assert (split.audio, split.transcripts, split.names) == ([path], None, [str(path)])
    with pytest.raises(DatasetError, match=r"call\.wav: .* as a folder, or as a table .*`\.wav`"):
        read_recordings(path)


def test_the_nearest_format_of_a_table_is_told(tmp_path):
    (tmp_path / "a.jso").touch()
    with pytest.raises(DatasetError, match=r"got `\.jso`; did you mean `\.json"):
        load_recordings(tmp_path / "a.jso")
    with pytest.raises(DatasetError, match=r"did you mean `a\.jso`"):
        read_recordings(tmp_path / "b.jso", labelled=False)


ROWS = {
    "train": [("1.wav", "one", "ann"), ("2.wav", "two", "bob"), ("3.wav", "three", "cy")],
    "dev": [("4.wav", "four", "ann"), ("5.wav", "five", "bob")],
    "test": [("6.wav", "six", "ann"), ("7.wav", "seven", "cy")],
}


def folder(tmp_path, *names, speakers=True):
    for name in names:
        manifest(tmp_path / f"{name}.csv", *ROWS[name], speakers=speakers)
    return tmp_path


@pytest.mark.parametrize("names", [("train",), ("train", "test")])
def test_a_speaker_held_out_is_all_of_test_and_no_other_split_has_him(tmp_path, names):
    splits = load_recordings(folder(tmp_path, *names), test_speaker="ann")
    assert list(splits) == ["train", "test"]
    rows = [row for name in names for row in ROWS[name]]
    held = {text for _, text, who in rows if who == "ann"}
    assert set(splits["test"].transcripts) == held
    assert set(splits["train"].transcripts) == {text for _, text, _ in rows} - held
    assert sum(map(len, splits.values())) == len(rows)
    assert set(splits["test"].speakers) == {"ann"}
    assert set(splits["train"].speakers) == {who for _, _, who in rows} - {"ann"}


def test_a_speaker_held_out_takes_his_recordings_of_validation_along(tmp_path):
    splits = load_recordings(folder(tmp_path, *ROWS), test_speaker="ann")
    assert {name: set(split.transcripts) for name, split in splits.items()} == {
        "train": {"two", "three", "seven"},
        "validation": {"five"},
        "test": {"one", "four", "six"},
    }


def test_validation_has_no_recording_of_a_speaker_held_out(tmp_path):
    splits = load_recordings(folder(tmp_path, *ROWS), test_speaker="ann")
    assert list(splits) == ["train", "validation", "test"]
    assert splits["validation"].transcripts == ["five"]
    assert splits["validation"].speakers == ["bob"]


def test_validation_whose_speakers_are_not_known_is_not_emptied_in_silence(tmp_path):
    folder(tmp_path, "train", "test")
    folder(tmp_path, "dev", speakers=False)
    try:
        splits = load_recordings(tmp_path, test_speaker="ann")
    except DatasetError:
        return  # refused, which is right too: he could be in it
    assert splits["validation"].transcripts == ["four", "five"]


def test_a_speaker_who_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"one of ann, bob, cy; got `bobb`; did you mean `bob`\?"):
        load_recordings(folder(tmp_path, "train"), test_speaker="bobb")
    rows = [(f"{i}.wav", "x", f"s{i:02}") for i in range(12)]
    with pytest.raises(ConfigError, match=r"one of s00, .*, s09, …; got"):
        load_recordings(manifest(tmp_path / "many.csv", *rows), test_speaker="zzzz")


def test_without_speakers_none_can_be_held_out(tmp_path):
    with pytest.raises(DatasetError, match=r"every recording must have one.* --speaker-column"):
        load_recordings(folder(tmp_path, "train", speakers=False), test_speaker="ann")


def words(folder, *names):
    """An empty sound file in a folder for each word."""
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / "1.wav").touch()
    return folder


def test_a_folder_for_each_word_is_train_or_stands_in_folders_of_the_splits(tmp_path):
    splits = load_recordings(words(tmp_path / "plain", "no", "yes"))
    assert said(splits) == {"train": ["no", "yes"]}
    words(tmp_path / "parted" / "train", "no", "yes")
    words(tmp_path / "parted" / "test", "yes")
    assert said(load_recordings(tmp_path / "parted")) == {"train": ["no", "yes"], "test": ["yes"]}
    assert read_recordings(tmp_path / "plain" / "no", labelled=False).transcripts is None


def test_a_folder_of_a_single_word_is_refused_unless_there_is_one_without_it(tmp_path):
    with pytest.raises(DatasetError, match=r"two words or more; got one, yes\. Add another word"):
        load_recordings(words(tmp_path / "one", "yes"))
    splits = load_recordings(words(tmp_path / "two", "yes", "_noise"))
    assert said(splits) == {"train": ["", "yes"]}
