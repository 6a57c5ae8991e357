"""What tests start, drive and fake, for every suite."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
