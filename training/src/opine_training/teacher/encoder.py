"""The teacher: a sentence encoder with a head for five stars.

Encoders are BERT (Devlin et al. 2019), such as all-MiniLM-L6-v2 (Wang et al. 2020), or MPNet (Song et al. 2020), both
fine-tuned for sentences by Reimers and Gurevych. Shapes: N texts, L tokens, H = 384 of MiniLM and 768 of MPNet.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import torch
from charcnn.config import STARS
from safetensors import SafetensorError
from safetensors.torch import load, load_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertConfig, BertModel, MPNetConfig, MPNetModel

from opine_training.teacher.config import TeacherError, encoder_files

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from opine_training.teacher.config import TeachConfig

_CONFIGS = {"bert": BertConfig, "mpnet": MPNetConfig}


class Teacher(nn.Module):
    """Logits of five stars from the mean of all tokens and the first one."""

    def __init__(self, config: BertConfig | MPNetConfig, frozen_layers: int = 0) -> None:
        super().__init__()
        self.encoder: BertModel | MPNetModel
        if isinstance(config, MPNetConfig):
            self.encoder = MPNetModel(config, add_pooling_layer=False)
        else:
            self.encoder = BertModel(config, add_pooling_layer=False)
        # A large part of all weights, in a table that hardly a word's rows would be trained of.
        self.encoder.embeddings.word_embeddings.weight.requires_grad_(False)
        if frozen_layers:
            self._freeze(frozen_layers)
        self.head = nn.Linear(2 * self.encoder.config.hidden_size, len(STARS))
        nn.init.normal_(self.head.weight, std=0.02)  # as BERT draws its own
        nn.init.zeros_(self.head.bias)

    def forward(self, tokens_NL: Tensor, mask_NL: Tensor) -> Tensor:
        """Logits of the five stars, shape (N, 5), of tokens and their mask as `padded` makes them."""
        hidden_NLH = self.encoder(input_ids=tokens_NL, attention_mask=mask_NL).last_hidden_state
        mask_NL1 = mask_NL.unsqueeze(-1)
        mean_NH = (hidden_NLH * mask_NL1).sum(1) / mask_NL1.sum(1)
        logits_NK: Tensor = self.head(torch.cat([mean_NH, hidden_NLH[:, 0]], dim=1))
        return logits_NK

    def _freeze(self, layers: int) -> None:
        self.encoder.embeddings.requires_grad_(False)
        self.encoder.encoder.layer[:layers].requires_grad_(False)
        if isinstance(self.encoder, MPNetModel):  # all layers read it: its gradient would pass through the frozen ones
            self.encoder.encoder.relative_attention_bias.requires_grad_(False)


def pretrained_teacher(config: TeachConfig, files: Traversable) -> Teacher:
    """The encoder as it was published, under a head drawn from a seed.

    Raises:
        TeacherError: the encoder is neither BERT nor MPNet.
    """
    published = json.loads((files / "config.json").read_text())
    kind = published["model_type"]
    if kind not in _CONFIGS:
        raise TeacherError(f"the encoder is a {kind}; `teach` reads {' and '.join(_CONFIGS)}")
    dropout = {"hidden_dropout_prob": config.dropout, "attention_probs_dropout_prob": config.dropout}
    torch.manual_seed(config.seed)
    teacher = Teacher(_CONFIGS[kind](**{**published, **dropout}), config.frozen_layers)
    weights = load((files / "model.safetensors").read_bytes())
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


def load_tokenizer(files: Traversable | None = None) -> Tokenizer:
    """An encoder's word pieces, of whole texts; MiniLM's by default."""
    files = files or encoder_files("minilm")
    tokenizer = Tokenizer.from_str((files / "tokenizer.json").read_text())
    # As published it cuts and pads to 128 tokens; `clipped` and `padded` do both, and need the whole.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
