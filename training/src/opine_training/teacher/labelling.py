"""Soft targets of a corpus, made in parts, so that a run that was killed goes on with the next one."""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from opine_training.teacher.opinions import Judged, Opinions, opinions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tokenizers import Tokenizer

    from opine_training.config.teaching import TeachConfig
    from opine_training.data.corpus import Corpus
    from opine_training.fitting.device import Device
    from opine_training.teacher.encoder import Teacher

logger = logging.getLogger(__name__)
SOFT_TARGETS = "soft-targets.npz"
PARTS = "opinions"


@dataclass(frozen=True, slots=True)
class Labelling:
    config: TeachConfig
    folder: Path
    device: Device
    part_texts: int = 4096

    def run(self, network: Teacher, tokenizer: Tokenizer, corpus: Corpus) -> None:
        """Write what a network on the device thinks of all texts and of parts of them."""
        (self.folder / PARTS).mkdir(exist_ok=True)
        longest, seed = self.config.longest, self.config.seed
        files = []
        with tqdm(total=len(corpus), desc="opinions", unit="text", mininterval=2) as bar:
            for texts in self._parts(corpus):
                files.append(self.folder / PARTS / f"{texts[0].number}.npz")
                if not files[-1].exists():
                    found = opinions(network, tokenizer, texts, longest=longest, seed=seed, device=self.device)
                    found.write(files[-1])
                bar.update(len(texts))
        together = Opinions.read(files)
        together.write(self.folder / SOFT_TARGETS)
        shutil.rmtree(self.folder / PARTS)
        logger.info("%d opinions of %d texts in %s", len(together.ends), len(corpus), self.folder / SOFT_TARGETS)

    def _parts(self, corpus: Corpus) -> Iterator[list[Judged]]:
        """Texts that share a digest differ in punctuation, and so in where their parts are."""
        _, which, counts = np.unique(corpus.digests, return_inverse=True, return_counts=True)
        shared = counts[which] > 1
        for begin in range(0, len(corpus), self.part_texts):
            yield [
                Judged(number, int(corpus.digests[number]), corpus.texts[number], bool(shared[number]))
                for number in range(begin, min(begin + self.part_texts, len(corpus)))
            ]
