import pytest
from hypothesis import given, strategies
from opine_common.text import StorableText, lone_surrogate, printable, replace_unstorable, require_storable
from pydantic import TypeAdapter, ValidationError


@pytest.mark.parametrize(("text", "position"), [("good 👍", None), ("", None), ("a\ud83d", 1), ("\udc4d\ud83d", 0)])
def test_half_of_a_surrogate_pair_is_found(text: str, position: int | None) -> None:
    assert lone_surrogate(text) == position


@pytest.mark.parametrize(("text", "said"), [("a\x00", "NUL"), ("ab\ud83d", "position 2")])
def test_what_cannot_be_stored_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        require_storable(text)
    with pytest.raises(ValidationError, match=said):
        TypeAdapter(StorableText).validate_python(text)


def test_what_is_no_string_is_left_to_its_type() -> None:
    assert require_storable(5) == 5


@given(strategies.text(strategies.characters()))
def test_a_replaced_text_can_be_stored_and_a_good_one_stays(text: str) -> None:
    replaced = replace_unstorable(text)
    assert require_storable(replaced) == replaced
    if lone_surrogate(text) is None and "\x00" not in text:
        assert replaced == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Caf\u00e9 \U0001f600, fine\nnext", "Caf\u00e9 \U0001f600, fine\nnext"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("a\rb\x9b31m\x07", "a\\rb\\x9b31m\\x07"),
        ("abc\u202efdp.exe", "abc\\u202efdp.exe"),
    ],
)
def test_what_steers_a_terminal_is_shown_instead(text: str, shown: str) -> None:
    assert printable(text) == shown
