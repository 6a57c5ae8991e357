"""Cells that spreadsheets would run."""

import pytest
from opine_common.csv_cells import defuse


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("=1+1", "'=1+1"),
        ("  =1+1", "  '=1+1"),
        ("\t=1+1", "\t'=1+1"),
        ("\r\n=1+1", "\r\n'=1+1"),
        ("\xa0@SUM(A1)", "\xa0'@SUM(A1)"),
        (";=1+1", ";'=1+1"),
        ("a;=1;=2", "a;'=1;'=2"),
        ("a\t@SUM(A1)", "a\t'@SUM(A1)"),
        ("a|+cmd", "a|'+cmd"),
        ("fine\n-2+3+cmd|' /C calc'!A0", "fine\n'-2+3+cmd|' /C calc'!A0"),
        (' "=1+1', " \"'=1+1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        (",, =1", ",, '=1"),
        (";';=1", ";';'=1"),
        ("- no", "'- no"),
        ("It cost -5, or +3; a = b", "It cost -5, or +3; a = b"),
        ("-5", "-5"),
        ("a-b, c@d.example", "a-b, c@d.example"),
        ("", ""),
    ],
)
def test_no_cell_runs_whatever_the_separator(cell: str, kept: str) -> None:
    assert defuse(cell) == kept


@pytest.mark.parametrize("run", ["\n", "\t ", ";", ",-1", ",-", "'", '"\n'])
def test_a_long_run_costs_no_square_of_itself(run: str) -> None:
    long = run * 2_000_000
    assert defuse(f"{long}x").endswith("x")
