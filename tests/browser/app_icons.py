"""Draws the icons of the installed app from favicon.svg, by Chromium: python -m tests.browser.app_icons."""

import base64
import tempfile
from pathlib import Path

from tests.support import ROOT
from tests.support.browser.chromium import chromium

ASSETS = ROOT / "services/frontend/src/opine_frontend/assets"
# Name, pixels, ground, and the share of it that the sign takes. A launcher may cut a maskable icon down to a circle of
# four fifths; Apple's rounds the corners and shows a hole as black.
ICONS = (
    ("any-192.png", 192, "transparent", 1.0),
    ("any-512.png", 512, "transparent", 1.0),
    ("maskable-512.png", 512, "#eef7f3", 0.62),
    ("apple-180.png", 180, "#eef7f3", 0.75),
)


def main() -> None:
    sign = base64.b64encode((ASSETS / "favicon.svg").read_bytes()).decode()
    with tempfile.TemporaryDirectory() as folder, chromium(Path(folder), Path(folder)) as driver:
        driver.execute_cdp_cmd(
            "Emulation.setDefaultBackgroundColorOverride", {"color": {"r": 0, "g": 0, "b": 0, "a": 0}}
        )
        for name, pixels, ground, share in ICONS:
            metrics = {"width": pixels, "height": pixels, "deviceScaleFactor": 1, "mobile": False}
            driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            driver.get(
                f"data:text/html,<body style='margin:0;display:grid;place-items:center;height:100vh;background:"
                f"{ground.replace('#', '%23')}'><img width={share * pixels:.0f} src='data:image/svg+xml;base64,{sign}'>"
            )
            shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
            (ASSETS / "app_icons" / name).write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    main()
