"""Photographs of pages, by a chromium without a window."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image, ImageChops

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
SCALE = 1.5  # pixels of the picture to one of the page
MARGIN = 12  # of the page around what is kept
ITEMS = 4  # of a list


def photograph(page: Path, out: Path, width: int, height: int, colors: int = 96) -> None:
    """Write a page as PNG of few colours, empty edges cut off."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise SystemExit(f"none of {', '.join(BROWSERS)} is installed")
    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder, "shot.png")
        command = [
            *(browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
            *(f"--force-device-scale-factor={SCALE}", f"--window-size={width},{height}"),
            *(f"--user-data-dir={folder}/profile", "--virtual-time-budget=3000"),
            *(f"--screenshot={shot}", page.resolve().as_uri()),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        with Image.open(shot) as picture:
            trimmed(picture.convert("RGB")).quantize(colors).save(out, optimize=True)


def trimmed(picture: Image.Image) -> Image.Image:
    """Return a picture without its edges of one colour."""
    ground = Image.new("RGB", picture.size, picture.getpixel((0, 0)))
    box = ImageChops.difference(picture, ground).getbbox()
    if box is None:
        raise SystemExit("the page is empty")
    edge = round(MARGIN * SCALE)
    ends = (min(box[2] + edge, picture.width), min(box[3] + edge, picture.height))
    return picture.crop((max(box[0] - edge, 0), max(box[1] - edge, 0), *ends))


def part_of(page: Path, keep: str) -> Path:
    """Write beside a report page one with a single element of it, and return its path.

    ``keep`` is a CSS selector; of several elements the first is kept. Of lists in it at most `ITEMS`
    items stay, none with letters for which a machine may have no font.
    """
    script = f"""<script>
    const kept = document.querySelector({keep!r});
    for (let node = kept; node !== document.body; node = node.parentElement) {{
        if (node.tagName === "DETAILS") node.open = true;
        for (const other of [...node.parentElement.children]) if (other !== node) other.remove();
    }}
    const wide = /[\\u2e80-\\uffef]/;
    const items = [...kept.querySelectorAll("li")].filter(item => !item.closest(".legend"));
    const shown = items.filter(item => !wide.test(item.textContent)).slice(0, {ITEMS});
    for (const item of items) if (!shown.includes(item)) item.remove();
    for (const item of shown) if (item.closest("details")) item.closest("details").open = true;
    for (const line of kept.querySelectorAll("summary, input, label")) line.hidden = true;
    for (const line of kept.querySelectorAll("[hidden]")) line.style.display = "none";
    </script>"""
    text = page.read_text("utf-8").replace("script-src", "no-script-src")
    text = text.replace('http-equiv="Content-Security-Policy"', 'name="without-policy"')
    out = page.with_name("part.html")
    out.write_text(text.replace("</body>", script + "</body>"), "utf-8")
    return out
