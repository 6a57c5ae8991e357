"""Reviews a second and memory of a crawl of the demo site, with the throttle off.

Usage: python scraping/bench/crawl.py [--reviews 1000000] [--companies 20]

Three crawls, each into Parquet: the ordinary companies in the markup of 2019 and in today's, 20 reviews a page, and one
company with --reviews reviews, 100 a page. Site and crawler are processes of their own; memory is VmRSS of the crawler
from /proc, read twice a second, so that this runs on Linux only. The rows of the Parquet files are counted at the end.
"""

import argparse
import contextlib
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from opine_demo_site.catalogue import Catalogue
from opine_scraping.items import RunReport
from pyarrow import dataset

_SAMPLE_S = 0.5
_MIB = 1024 * 1024


@dataclass
class Measured:
    reviews: int
    """Rows of the Parquet files."""
    crawl_s: float
    """By the run's report: without the start of Python."""
    rss_bytes: list[int] = field(default_factory=list)

    def row(self, name: str) -> str:
        quarters = [self.rss_bytes[round(part * (len(self.rss_bytes) - 1))] for part in (0.25, 0.5, 0.75, 1.0)]
        memory = " | ".join(f"{rss / _MIB:.0f}" for rss in [*quarters, max(self.rss_bytes)])
        return f"| {name} | {self.reviews:,} | {self.crawl_s:.1f} | {self.reviews / self.crawl_s:,.0f} | {memory} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reviews", type=int, default=1_000_000)
    parser.add_argument("--companies", type=int, default=20, help="of each of the 12 sub-categories")
    options = parser.parse_args()
    print(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores\n")
    print("| crawl | reviews | s | reviews a second | MiB after 1/4 | 1/2 | 3/4 | at the end | most |")
    print("| --- " * 9 + "|")
    for markup in ("2019", "today"):
        companies = [
            company.domain for company in Catalogue(companies_per_sub_category=options.companies).companies.values()
        ]
        with serving("--companies", str(options.companies), "--markup", markup) as url:
            print(crawl(url, companies).row(f"{len(companies)} companies, markup {markup}, 20 a page"), flush=True)
    with serving("--huge", str(options.reviews)) as url:
        measured = crawl(url, ["huge.example"])
    assert measured.reviews == options.reviews, measured.reviews
    print(measured.row("one company, today's markup, 100 a page"))


@contextmanager
def serving(*arguments: str) -> Iterator[str]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "opine_demo_site", "--port", str(port), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield f"http://127.0.0.1:{port}"
        process.terminate()


def crawl(url: str, companies: list[str]) -> Measured:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        listed = folder / "companies.csv"
        listed.write_text("\n".join(["company", *companies]) + "\n")
        settings = {"SITE_URL": url, "STATE_DIR": name, "THROTTLE": "false"}
        environment = {f"OPINE_SCRAPING_{key}": value for key, value in settings.items()}
        command = [sys.executable, "-m", "opine_scraping", "crawl", "--companies", str(listed)]
        rss = []
        with subprocess.Popen(
            command, env={"PATH": "/usr/bin:/bin", **environment}, stdout=subprocess.DEVNULL
        ) as process:
            while process.poll() is None:
                with contextlib.suppress(StopIteration, FileNotFoundError, ProcessLookupError):
                    rss.append(rss_bytes(process.pid))
                time.sleep(_SAMPLE_S)
        assert process.returncode == 0, process.returncode
        (file,) = folder.glob("crawl/reports/*.json")
        report = RunReport.model_validate_json(file.read_text())
        rows = dataset.dataset(folder / "output/reviews", partitioning="hive").count_rows()
        return Measured(rows, (report.ended_at - report.started_at).total_seconds(), rss)


def rss_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


if __name__ == "__main__":
    main()
