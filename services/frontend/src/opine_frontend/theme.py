"""Mantine's part of the look; colours and spacing of everything else are in assets/css/tokens.css."""

# Pine, from light to dark: the shades that Mantine's buttons, fields and focus rings take.
_PINE = [
    "#eef7f3",
    "#d9ece4",
    "#b3d9ca",
    "#86c4ac",
    "#5dae91",
    "#3b967a",
    "#237c64",
    "#17654f",
    "#0f5241",
    "#0a3f32",
]
# Mantine's dark greys with a touch of the same green.
_DARK = [
    "#d3dad7",
    "#b5bfbb",
    "#8d9a95",
    "#6a7772",
    "#3c4844",
    "#313b38",
    "#262f2c",
    "#1b2220",
    "#151b19",
    "#101513",
]
FONT_FAMILY = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif'

THEME: dict[str, object] = {
    "primaryColor": "pine",
    "primaryShade": {"light": 7, "dark": 4},
    "autoContrast": True,
    "luminanceThreshold": 0.3,
    "colors": {"pine": _PINE, "dark": _DARK},
    "defaultRadius": "md",
    "fontFamily": FONT_FAMILY,
    "headings": {"fontFamily": FONT_FAMILY},
    "respectReducedMotion": True,
    "focusRing": "auto",
}
