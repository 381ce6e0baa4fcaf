import bz2
import gzip
import lzma
import zipfile
from pathlib import Path

import numpy as np
import pytest

from ostinato import ConfigError, DatasetError, ShapeError
from ostinato.text import read_vectors

WORDS = {
    "good": [1.0, 2.0, -0.5],
    "bad": [3.0, 4e-3, 5.0],
    "电影": [0.25, 6.0, 7.0],
    ",": [9.0, 8.0, 7.0],
}
VOCABULARY = ["<unk>", "电影", "good", "unheard", "bad"]
LINES = [f"{word} {' '.join(map(str, vector))}" for word, vector in WORDS.items()]
GLOVE = ("\n".join(LINES) + "\n").encode()
HEADED = b"4 3\n" + GLOVE
FASTTEXT = ("4 3\n" + " \n".join(LINES) + " \n").encode()


def binary(newline: bytes = b"\n", count: int = 4) -> bytes:
    entries = [
        word.encode() + b" " + np.array(vector, "<f4").tobytes() for word, vector in WORDS.items()
    ]
    return f"{count} 3\n".encode() + b"".join(entry + newline for entry in entries)


def write(path: Path, content: bytes) -> Path:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("vectors.txt", content)
        return path
    pack = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}.get(
        path.suffix, bytes
    )
    path.write_bytes(pack(content))
    return path


@pytest.mark.parametrize("name", ["v.txt", "v.txt.gz", "v.bz2", "v.xz", "v.zip"])
@pytest.mark.parametrize(
    "content",
    [GLOVE, GLOVE.rstrip(), GLOVE.replace(b"\n", b"\r\n"), HEADED, FASTTEXT, binary(), binary(b"")],
    ids=[
        "glove",
        "no last newline",
        "crlf",
        "word2vec",
        "fasttext",
        "binary",
        "binary, no newlines",
    ],
)
def test_every_format_gives_the_same_vectors(name: str, content: bytes, tmp_path: Path) -> None:
    vectors = read_vectors(write(tmp_path / name, content), VOCABULARY)
    assert vectors.found.tolist() == [False, True, True, False, True]
    for row in (1, 2, 4):
        assert vectors.matrix[row].tolist() == np.float32(WORDS[VOCABULARY[row]]).tolist()
    assert vectors.matrix.dtype == np.float32
    assert (vectors.dim, vectors.matrix.shape) == (3, (5, 3))


def test_a_file_longer_than_a_block_is_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ostinato.text.vector_files._BLOCK_BYTES", 90)
    matrix = np.random.default_rng(0).standard_normal((200, 20)).astype(np.float32)
    vocabulary = [f"word{row}" for row in range(200)]
    raw = [f"{word} ".encode() for word in vocabulary]
    text = [
        head + " ".join(map(repr, row.tolist())).encode()
        for head, row in zip(raw, matrix, strict=True)
    ]
    bits = [head + row.tobytes() for head, row in zip(raw, matrix, strict=True)]
    for lines in (text, bits):
        path = write(tmp_path / "v", b"200 20\n" + b"\n".join(lines) + b"\n")
        vectors = read_vectors(path, vocabulary)
        assert vectors.found.all()
        assert np.array_equal(vectors.matrix, matrix)


def test_coverage_counts_words_and_occurrences(tmp_path: Path) -> None:
    path = write(tmp_path / "v", GLOVE)
    vectors = read_vectors(path, VOCABULARY, counts=[1, 2, 3, 4, 0])
    assert (vectors.coverage, vectors.token_coverage) == (0.6, 0.5)
    assert read_vectors(path, VOCABULARY).token_coverage is None


def test_unknown_words_are_seeded_noise_like_the_known(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    known = rng.normal([5, -3], [0.1, 2], (500, 2))
    lines = [f"w{row} {vector[0]} {vector[1]}" for row, vector in enumerate(known)]
    path = write(tmp_path / "v", "\n".join(lines).encode())
    vocabulary = [f"w{row}" for row in range(500)] + [f"x{row}" for row in range(4000)]
    vectors = read_vectors(path, vocabulary, seed=1)
    noise = vectors.matrix[500:]
    np.testing.assert_allclose(noise.mean(axis=0), [5, -3], atol=0.15)
    np.testing.assert_allclose(noise.std(axis=0), [0.1, 2], rtol=0.1)
    assert np.array_equal(noise, read_vectors(path, vocabulary, seed=1).matrix[500:])
    assert not np.array_equal(noise, read_vectors(path, vocabulary, seed=2).matrix[500:])


def test_case_is_overlooked_only_where_nothing_fits_better(tmp_path: Path) -> None:
    path = write(tmp_path / "v", b"LONDON 1 1\nLondon 2 2\nParis 3 3\nparis 4 4\nrome 5 5\n")
    matrix = read_vectors(path, ["london", "London", "paris", "PARIS", "Rome"]).matrix
    assert matrix[:, 0].tolist() == [1, 2, 4, 4, 5]


def test_a_word_seen_twice_has_its_first_vector(tmp_path: Path) -> None:
    path = write(tmp_path / "v", b"a 1 1\na 2 2\n")
    assert read_vectors(path, ["a"]).matrix.tolist() == [[1, 1]]


def test_words_with_spaces_do_not_disturb(tmp_path: Path) -> None:
    path = write(tmp_path / "v", b"good 1 2\n. . . 3 4\nat name@domain.com 5 6\n\nbad 7 8\n")
    vectors = read_vectors(path, ["good", ". . .", "bad"])
    assert vectors.matrix.tolist() == [[1, 2], [3, 4], [7, 8]]


def test_bytes_that_are_not_utf8_do_not_disturb(tmp_path: Path) -> None:
    path = write(tmp_path / "v", b"caf\xe9 1 2\ngood 3 4\n")
    assert read_vectors(path, ["good", "café"]).found.tolist() == [True, False]


def test_an_archive_of_several_widths_is_chosen_from(tmp_path: Path) -> None:
    path = tmp_path / "glove.6B.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("glove.6B.2d.txt", "good 1 2\n")
        archive.writestr("glove.6B.3d.txt", "good 1 2 3\n")
    assert read_vectors(path, ["good"], embedding_size=3).dim == 3
    with pytest.raises(DatasetError, match=r"one file of vectors.*got glove\.6B\.2d\.txt, glove"):
        read_vectors(path, ["good"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"good 1 2\nbad 1 2 3\n", "line 2 must have 2 numbers like the first line; got 3"),
        (b"good 1 2\nbad 1\n", "line 2 must have 2 numbers like the first line; got 1"),
        (b"2 3\ngood 1 2 3\nbad 1 2\n", "line 3 must have 3 numbers like the first line; got 2"),
        (b"good 1 2\nbad 1 x\n", "line 2 must hold 2 finite numbers; got b'1 x'"),
        (b"good 1 2\nbad 1 nan\n", "line 2 must hold 2 finite numbers"),
        (b"9 2\ngood 1 2\n", "promises 9 words; it has 1. The file is cut short"),
        (binary(count=5), "promises 5 words; it has 4. The file is cut short"),
        (binary()[:-7], "promises 4 words; it has 3. The file is cut short"),
        (binary().replace(np.float32(2).tobytes(), b"\0\0\xc0\x7f"), "entry 1 must hold 3 finite"),
        (b"", "line 1 must be a word and its vector"),
        (b"good\nbad\n", "line 1 must be a word and its vector"),
        (b"2 99999\ngood 1\n", "line 1 must be a word and its vector"),
        (b"\xba\x16\x4f\x2f\x0c\0\0\0", "this is a whole fastText model"),
        (b"ugly 1 2\n", "must have some word of the vocabulary; it has none of 3"),
    ],
)
def test_a_damaged_file_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=message):
        read_vectors(write(tmp_path / "v", content), ["<unk>", "good", "bad"])


@pytest.mark.parametrize("name", ["v.gz", "v.xz", "v.zip"])
def test_a_truncated_archive_is_refused(name: str, tmp_path: Path) -> None:
    lines = [f"w{row} {row} 0.{row * 7919}" for row in range(5000)]
    path = write(tmp_path / name, "\n".join(lines).encode())
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(DatasetError, match="the file must be"):
        read_vectors(path, ["w1"])


def test_another_width_than_wanted_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "v", GLOVE)
    with pytest.raises(ConfigError, match=r"embedding_size must be the width.* 3; got 100"):
        read_vectors(path, VOCABULARY, embedding_size=100)


def test_a_missing_file_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    write(tmp_path / "glove.100d.txt", GLOVE)
    for name in ("glove.10d.txt", "glove.100d.zip"):
        with pytest.raises(DatasetError, match=r"did you mean `glove\.100d\.txt`"):
            read_vectors(tmp_path / name, VOCABULARY)


def test_counts_of_another_length_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ShapeError, match=r"counts must have one number a word; got shape \(1,\)"):
        read_vectors(write(tmp_path / "v", GLOVE), VOCABULARY, counts=[1])
