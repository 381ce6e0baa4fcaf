"""Excerpts are head and tail of a text, in whole words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ostinato.runs.excerpt import EXCERPT, GAP, LONGEST_WORD, excerpt, mended

WORDS = st.lists(
    st.text("abcdefg.,'", min_size=1, max_size=LONGEST_WORD - 1), min_size=1, max_size=400
)
BREAKS = st.sampled_from(["<br />", "<br>", "<BR/>", " <br /><br /> "])


@given(WORDS)
def test_a_text_keeps_its_beginning_and_end_in_whole_words(words):
    text = " ".join(words)
    kept = excerpt(text)
    assert len(kept) < EXCERPT
    if len(text) < EXCERPT:
        assert kept == text
        return
    head, _, tail = kept.partition(GAP)
    assert text.startswith(f"{head} ")
    assert text.endswith(f" {tail}")
    assert min(len(head), len(tail)) > EXCERPT // 2 - len(GAP) - LONGEST_WORD


@given(st.text("好看電影", min_size=EXCERPT, max_size=2000))
def test_a_text_without_spaces_is_cut_between_characters(text):
    head, _, tail = excerpt(text).partition(GAP)
    assert text.startswith(head)
    assert text.endswith(tail)
    assert len(head) == len(tail) == (EXCERPT - len(GAP)) // 2


@given(WORDS, BREAKS)
def test_breaks_of_html_are_line_breaks(words, mark):
    text = mark.join(words)
    assert "<br" not in excerpt(text).lower()
    assert (
        "<br" not in mended(text[: EXCERPT - 1] if len(text) < EXCERPT else excerpt(text)).lower()
    )
    assert excerpt(f"good {mark} film") == "good\nfilm"


@given(WORDS)
def test_what_an_earlier_version_cut_ends_with_a_word_and_an_ellipsis(words):
    text = " ".join(words)
    kept = mended(text[:EXCERPT])
    if len(text) < EXCERPT:
        assert kept == text
    else:
        assert kept.endswith(" …")
        assert text.startswith(f"{kept.removesuffix(' …')} ")


@given(WORDS)
def test_an_excerpt_is_shown_as_it_was_kept(words):
    kept = excerpt(" ".join(words))
    assert mended(kept) == kept
