"""The shape of an answer, whatever the pieces that it comes in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.answer_limits import AnswerShaper
from chat.answers import Finish
from chat.tokens import count_tokens, split_tokens

LETTERS = st.text("ab .,\n", max_size=40)


def _shape(pieces: list[str], *, max_tokens: int = 4096, stop: tuple[str, ...] = ()) -> tuple[str, AnswerShaper]:
    shaper = AnswerShaper(max_tokens=max_tokens, stop=stop)
    shown = []
    for piece in pieces:
        shown.append(shaper.take_piece(piece))
        if shaper.finish:
            break
    return "".join([*shown, shaper.take_end()]), shaper


@given(st.lists(LETTERS, max_size=8), st.integers(1, 12), st.lists(st.text("ab ,", min_size=1, max_size=4), max_size=4))
def test_pieces_make_no_difference_and_both_limits_hold(pieces: list[str], most: int, stop: list[str]) -> None:
    text = "".join(pieces)
    shown, shaper = _shape(pieces, max_tokens=most, stop=tuple(stop))
    whole, at_once = _shape([text], max_tokens=most, stop=tuple(stop))
    assert (shown.rstrip(), shaper.finish) == (whole.rstrip(), at_once.finish)
    assert text.startswith(shown)
    assert count_tokens(shown) == shaper.tokens <= most
    assert shaper.length == len(shown)
    assert not any(sequence in shown for sequence in stop)
    if shaper.finish is None:
        assert shown == text


@given(LETTERS, st.lists(st.text("ab ,", min_size=1, max_size=4), min_size=1, max_size=4))
def test_a_stop_sequence_cuts_before_its_first_occurrence(text: str, stop: list[str]) -> None:
    shown, shaper = _shape(list(text), stop=tuple(stop))
    ends = [text.index(sequence) + len(sequence) for sequence in stop if sequence in text]
    assert (shaper.finish is Finish.STOP) == bool(ends)
    if ends:
        first = min(ends)
        assert shown in {text[: first - len(sequence)] for sequence in stop if text[:first].endswith(sequence)}


@given(LETTERS)
def test_an_answer_of_as_many_tokens_as_allowed_is_not_cut(text: str) -> None:
    most = count_tokens(text)
    if most:
        assert _shape([text], max_tokens=most)[1].finish is None
    if most > 1:
        shown, shaper = _shape([text], max_tokens=most - 1)
        assert (shaper.finish, shaper.tokens) == (Finish.LENGTH, most - 1)
        assert shown == "".join(list(split_tokens(text))[: most - 1])


@pytest.mark.parametrize(
    ("pieces", "stop", "shown"),
    [
        (["Hel", "lo wor", "ld"], ("world",), "Hello "),
        (["a", "a", "b"], ("aab",), ""),
        (["aa", "ab"], ("aab",), "a"),
        (["one\n", "\ntwo"], ("\n\n",), "one"),
        (["END is near, EN", "D"], ("END",), ""),
        (["no EN", "EN"], ("END",), "no ENEN"),
    ],
)
def test_a_stop_sequence_is_found_across_pieces(pieces: list[str], stop: tuple[str, ...], shown: str) -> None:
    assert _shape(pieces, stop=stop)[0] == shown


def test_a_word_in_many_pieces_is_one_token() -> None:
    shown, shaper = _shape(["Rab", "bits", " eat", " hay", "."], max_tokens=2)
    assert (shown, shaper.tokens, shaper.finish) == ("Rabbits eat", 2, Finish.LENGTH)
