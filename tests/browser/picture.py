"""Take the README's picture from a running Opine.

Usage: make picture, while `make run` runs; or python -m tests.browser.picture [http://127.0.0.1:8050]
"""

import sys
import tempfile
import time
from pathlib import Path

from tests.support import ROOT
from tests.support.browser.chromium import chromium, set_viewport
from tests.support.browser.composer_page import ComposerPage
from tests.support.browser.waiting import wait_for

PICTURE = ROOT / "docs/review.png"
TEXT = (
    "Lovely shop: friendly people, and the bike was ready the next day. "
    "But the helmet came late, and one strap was broken."
)


def main() -> None:
    url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8050"
    with tempfile.TemporaryDirectory() as folder, chromium(Path(folder) / "profile", Path(folder)) as driver:
        set_viewport(driver, (1280, 720))
        page = ComposerPage(driver, url)
        page.open("decathlon")
        page.type(TEXT)
        wait_for(driver, "marked words", lambda: page.marks)
        time.sleep(1)  # the bar glides to its place
        driver.save_screenshot(str(PICTURE))


if __name__ == "__main__":
    main()
