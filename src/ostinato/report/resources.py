"""The files of which pages are made: templates, the style, the script."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from importlib import resources

from markupsafe import Markup


@dataclass(frozen=True, kw_only=True)
class Script:
    """The one script that a page may run.

    Args:
        text: The script.
        source: What the page's content security policy names it by: the hash of the text.
    """

    text: Markup
    source: Markup


def resource(name: str) -> str:
    """Return the text of a file of this package."""
    return resources.files("ostinato.report").joinpath(name).read_text(encoding="utf-8")


def page_script() -> Script:
    """Return the script of every page, which a browser runs unchanged or not at all."""
    text = resource("page.js")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Script(text=Markup(text), source=Markup(f"sha256-{digest}"))
