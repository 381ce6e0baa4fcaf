"""What a run folder's files hold is checked where it is read, and not where it is computed with."""

import json

import numpy as np
import pytest
from safetensors.torch import load_file, save_file
from tests.tiny import CASES

import ostinato
from ostinato import CheckpointError
from ostinato._files import write_text
from ostinato.runs.card import card
from ostinato.series.conformal import Calibration
from ostinato.tasks.saved import has_optional_file, steps


@pytest.mark.parametrize("found", [None, 7, [{}], [0], [-7], [True], [7.0], ["7"], [10**18]])
def test_seasons_are_whole_numbers_of_steps(found, tmp_path):
    assert steps({"seasons": [7, 365]}, "seasons", tmp_path) == (7, 365)
    with pytest.raises(CheckpointError, match="`seasons` must be a list of whole numbers above 0"):
        steps({"seasons": found}, "seasons", tmp_path)


@pytest.mark.parametrize("number", [None, float("nan"), float("-inf")])
def test_corrections_are_finite(number):
    told = Calibration((0.5,), np.zeros((2, 1)), np.ones((2, 1), np.int64)).to_json()
    assert Calibration.from_json(told).to_json() == told
    with pytest.raises(CheckpointError, match="no finite number"):
        Calibration.from_json({**told, "corrections": [[0.0], [number]]})


def test_a_card_is_written_of_a_config_that_lacks_how_it_was_made():
    config = {"task": "t", "ostinato": "1", "data": {"parts": {}}, "settings": {}}
    assert "the Python interface" in card(config, {}, "example", "", pipeline_tag="t")


def test_a_ridge_reads_only_features_that_there_are(tmp_path):
    CASES["sequences"].fit(out=tmp_path / "run")
    path = tmp_path / "run" / "ridge.safetensors"
    tensors, header = load_file(path), path.read_bytes()
    metadata = json.loads(header[8 : 8 + int.from_bytes(header[:8], "little")])["__metadata__"]
    ostinato.load(tmp_path / "run")
    tensors["inputs"][-1] = 3
    save_file(tensors, path, metadata=metadata)
    (tmp_path / "run" / "SHA256SUMS").unlink()
    with pytest.raises(CheckpointError, match="`inputs` must be below 3, the features"):
        ostinato.load(tmp_path / "run")


PARTS = {
    "text": "ngrams.safetensors",
    "tags": "ngrams.safetensors",
    "sequences": "ridge.safetensors",
    "speech": "averaged_frames.safetensors",
}


@pytest.mark.parametrize("task", PARTS)
def test_a_part_that_was_lost_is_told_and_not_done_without(task, tmp_path):
    name, run = PARTS[task], tmp_path / "run"
    CASES[task].fit(out=run)
    (run / name).unlink()
    with pytest.raises(CheckpointError, match=name):
        ostinato.load(run)
    (run / name).symlink_to(name)  # a circle
    with pytest.raises(CheckpointError, match=name):
        ostinato.load(run)
    (run / name).unlink()
    (run / name).symlink_to("nothing")
    (run / "SHA256SUMS").unlink()
    with pytest.raises(CheckpointError, match=name):
        ostinato.load(run)


def test_what_no_checksum_tells_of_and_no_name_stands_for_is_no_part(tmp_path):
    assert not has_optional_file(tmp_path / "a.json")
    write_text(tmp_path / "SHA256SUMS", "")
    assert not has_optional_file(tmp_path / "a.json")
    write_text(tmp_path / "a.json", "{}")
    assert has_optional_file(tmp_path / "a.json")
    (tmp_path / "a.json").unlink()
    with pytest.raises(CheckpointError, match=r"it is missing\. Finish the run with"):
        has_optional_file(tmp_path / "a.json")
