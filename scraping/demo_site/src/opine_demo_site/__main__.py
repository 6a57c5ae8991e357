"""Serve a review site of made-up companies on this machine, to try the scrapers on.

The same options give the same site, word for word.
"""

import argparse
import signal
import sys

from opine_demo_site.catalogue import Catalogue
from opine_demo_site.server import DemoServer

_UNAVAILABLE = 69  # sysexits.h, as the scraping's own exit codes


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        "opine_demo_site", description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    options.add_argument("--host", default="127.0.0.1", help="address to listen on")
    options.add_argument("--port", type=int, default=8060, help="0: any free one, which the first line names")
    options.add_argument("--seed", type=int, default=1, help="another one makes other companies")
    options.add_argument("--companies", type=int, default=5, help="companies in each of the 12 sub-categories")
    options.add_argument("--reviews", type=int, default=90, help="most reviews of a company")
    options.add_argument("--huge", type=int, default=0, help="reviews of one more company, huge.example, 100 a page")
    options.add_argument("--markup", choices=("2019", "today", "mixed"), default="mixed", help="of all pages")
    options.add_argument(
        "--misbehaving",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="add companies such as challenge-2019.example, each of which does something wrong",
    )
    return options


def main(arguments: list[str] | None = None) -> int:
    """Serve until Ctrl-C or a polite kill; the first line on stdout names the address."""
    options = parser().parse_args(arguments)
    catalogue = Catalogue(
        seed=options.seed,
        companies_per_sub_category=options.companies,
        most_reviews=options.reviews,
        huge_reviews=options.huge,
        markup=options.markup,
        misbehaving=options.misbehaving,
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends `serve_forever` as Ctrl-C does
    try:
        server = DemoServer(catalogue, options.host, options.port)
    except OSError as error:
        sys.stderr.write(f"opine_demo_site: {options.host}:{options.port} cannot be listened on: {error.strerror}\n")
        return _UNAVAILABLE
    with server:
        # At once, even into a pipe: who started it waits for this line, and reads the port from it.
        sys.stdout.write(f"{len(catalogue.companies)} companies on {server.url}\n")
        sys.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
