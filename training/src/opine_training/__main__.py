"""`python -m opine_training COMMAND`: one module a command, loaded when it is asked for."""

from __future__ import annotations

import argparse
import importlib
import os
import sys

from charcnn.artefact import ArtefactError

from opine_training import InputError

COMMANDS = {
    "train": "train a model and write it as an artefact with a report",
    "teach": "fine-tune a sentence encoder and write its logits as soft labels for train",
    "evaluate": "score a model on review files and print one JSON object",
    "calibrate": "fit the probabilities of a model to given reviews, as a new version of it",
    "export": "write the best epoch of a run, even of an unfinished one, as an artefact",
    "predict": "print what a model predicts of texts",
    "fit-abstention": "fit which texts are not judged: those of other languages and those without an opinion",
    "dataset": "write the labelled reviews of a database as Parquet, guarded against poisoning",
    "fine-tune": "let a version learn from a dataset, by the fewest changes that help",
    "gate": "judge a version beside the live one, and register what passes",
    "cycle": "dataset, fine-tune, gate and registration in one",
    "find-lr": "propose a learning rate by a range test",
    "ablate": "train named variants with several seeds and print a table of what each brings",
}


def main() -> None:
    width = max(map(len, COMMANDS))
    parser = argparse.ArgumentParser(
        prog="python -m opine_training",
        description="Train, evaluate and export the char-CNN.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="commands:\n"
        + "\n".join(f"  {name:<{width}}  {text}" for name, text in COMMANDS.items())
        + "\n\n`COMMAND --help` explains each with an example.",
    )
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND")
    # Only the command: each has a parser of its own, and `--help` after it is for that one.
    arguments = parser.parse_args(sys.argv[1:2])
    module = importlib.import_module(f"opine_training.commands.{arguments.command.replace('-', '_')}")
    # What a person can mend ends with its sentence; anything else is a fault of ours and keeps its traceback.
    try:
        module.main(sys.argv[2:])
    except (InputError, ArtefactError, FileNotFoundError) as error:
        sys.exit(f"opine_training: {error}")
    except BrokenPipeError:
        # Whoever reads has seen enough, as `| head` has. Python would complain once more when it closes the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
