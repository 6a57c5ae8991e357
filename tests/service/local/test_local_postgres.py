"""The data folder of the embedded PostgreSQL."""

from pathlib import Path

from opine_local.ports import any_free
from opine_local.postgres import open_cluster
from opine_local.settings import inherited_environment


def test_half_a_database_of_a_start_that_was_cut_off_is_made_again(tmp_path: Path) -> None:
    cluster = open_cluster(tmp_path, inherited_environment(), port=any_free(), password="x" * 32)
    half = cluster.home / "data.partial"
    half.mkdir(parents=True)
    (half / "PG_VERSION").touch()
    cluster.prepare()
    assert (cluster.data / "PG_VERSION").read_text().strip().isdigit()
    assert [path.name for path in cluster.home.iterdir()] == ["data"]
