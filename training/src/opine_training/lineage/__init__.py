"""What is left of 2019 in training: its arguments, and a folder for its network so that it can be evaluated."""

LINEAGE_MANIFEST = "lineage.json"
