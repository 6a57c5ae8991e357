"""The 2019 network: vectors worked out by hand from its written facts."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from charcnn.legacy_2019 import (
    ALPHABET,
    PADDING,
    Legacy2019Config,
    Legacy2019Network,
    encode,
    pooled_length,
    score,
    stars,
)


def test_alphabet_has_69_characters_with_the_space_at_59() -> None:
    assert len(ALPHABET) == len(set(ALPHABET)) == 69
    assert ALPHABET[59] == " "
    assert [ALPHABET.index(character) for character in "a9-'\\`{}"] == [0, 35, 36, 43, 46, 57, 67, 68]


def test_text_is_lowered_stripped_compacted_and_reversed() -> None:
    assert encode("  aB\u2019c\n1 ", 8).tolist() == [27, 2, 1, 0, *[PADDING] * 4]


def test_long_text_keeps_its_end() -> None:
    assert encode("a" * 50 + "b" * 1014).tolist() == [1] * 1014


def test_empty_text_is_all_padding() -> None:
    assert encode("").tolist() == [PADDING] * 1014


@pytest.mark.parametrize(
    ("probabilities", "expected"),
    [
        ((1.0, 0.0, 0.0), 0.0),
        ((0.5, 0.3, 0.2), 0.165),
        ((0.1, 0.8, 0.1), 0.602),
        ((0.0, 1.0, 0.0), 0.67),
        ((0.0, 0.0, 1.0), 1.0),
        ((0.2, 0.3, 0.5), 0.835),
        ((0.4, 0.4, 0.2), 0.198),
    ],
)
def test_score_uses_the_winning_class_alone(probabilities: tuple[float, float, float], expected: float) -> None:
    assert score(probabilities) == pytest.approx(expected)


@pytest.mark.parametrize(("value", "expected"), [(0.0, 1), (0.199, 1), (0.2, 2), (0.602, 4), (0.99, 5), (1.0, 5)])
def test_stars_of_a_score(value: float, expected: int) -> None:
    assert stars(value) == expected


@pytest.mark.parametrize(("length", "positions"), [(150, 2), (300, 7), (500, 14), (1014, 34)])
def test_pooled_length(length: int, positions: int) -> None:
    assert pooled_length(length) == positions


def test_network_has_the_original_parameters() -> None:
    network = Legacy2019Network(Legacy2019Config())
    assert sum(parameter.numel() for parameter in network.parameters()) == 11_336_963
    assert set(network.state_dict()) == {
        f"{layer}.{kind}"
        for layer in [*(f"conv{n}.0" for n in range(1, 7)), "fc1.0", "fc2.0", "fc3"]
        for kind in ("weight", "bias")
    }


def test_network_reads_what_the_original_read() -> None:
    """The one-hot matrix of the original, made here character by character, through the same layers."""
    torch.manual_seed(0)
    network = Legacy2019Network(Legacy2019Config(max_length=150)).eval()
    text = "Good\u2019 value, BAD shop!"
    matrix = np.zeros((150, 69), np.float32)
    for row, character in enumerate([c for c in text.lower().strip()[::-1] if c in ALPHABET]):
        matrix[row, ALPHABET.index(character)] = 1
    x = torch.from_numpy(matrix.T.copy()).unsqueeze(0)
    for layer in (network.conv1, network.conv2, network.conv3, network.conv4, network.conv5, network.conv6):
        x = layer(x)
    expected = network.fc3(network.fc2(network.fc1(x.flatten(1))))
    actual = network(torch.from_numpy(encode(text, 150)).unsqueeze(0))
    torch.testing.assert_close(actual, expected)


def test_a_length_below_the_receptive_field_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 123"):
        Legacy2019Config(max_length=122)
