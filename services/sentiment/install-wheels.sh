#!/bin/sh
# Runs in the image of a Bento, after its requirements are installed: the packages of this repository.
set -eu
uv pip install --no-deps src/wheels/*.whl
