import pytest
from opine_scraping.names import out_of_reply, out_of_review


@pytest.mark.parametrize(
    ("reply", "name", "kept"),
    [
        ("Hi Jason. Thank you.", "jason", "Hi [name]. Thank you."),
        ("Dear Mrs Smith, sorry.", "J S", "Dear Mrs [name], sorry."),
        ("Hallo Anna Maria Berg!\nDanke.", "", "Hallo [name]!\nDanke."),
        ("Thank you for your review, Loraine. Bye.", "Loraine Moran", "Thank you for your review, [name]. Bye."),
        ("Thank you LORAINE MORAN", "Loraine Moran", "Thank you [name]"),
        ("Good morning, Bo - welcome", "Xi", "Good morning, [name] - welcome"),
    ],
)
def test_the_reviewer_is_taken_out_of_a_reply(reply: str, name: str, kept: str) -> None:
    assert out_of_reply(reply, name) == kept
    assert out_of_reply(kept, "") == kept, "done twice it changes nothing more"


@pytest.mark.parametrize(
    ("reply", "name"),
    [
        ("We will look into it.", "Will"),
        ("Hello and thank you, all is well.", "Ada Holt"),
        ("Hi, sorry to read this.", "Ada Holt"),
        ("Adamant people.", "Ada Holt"),
        ("A b c", "A"),
    ],
)
def test_other_words_stay(reply: str, name: str) -> None:
    assert out_of_reply(reply, name) == reply


def test_a_signature_is_taken_out_of_a_review_but_a_word_is_not() -> None:
    assert out_of_review("Fine. Regards, ada holt", "Ada Holt") == "Fine. Regards, [name]"
    assert out_of_review("A saving Grace", "Grace") == "A saving Grace"
