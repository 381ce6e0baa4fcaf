"""What pages are made of: templates, the style, the script."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from ostinato.report import formatting

FILTERS = (
    formatting.aligned,
    formatting.duration,
    formatting.flatten,
    formatting.language,
    formatting.number,
    formatting.percent,
    formatting.significant,
)
"""What templates write values with, by their names."""


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


def page_text(template: str, **content: Any) -> str:
    """Return a page as HTML; the same content gives the same characters.

    Args:
        template: Name of its template, which extends ``base.html``.
        content: What it is about, by the names of the template.
    """
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(resource),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    for function in FILTERS:
        environment.filters[function.__name__] = function
    style = Markup(resource("page.css"))
    html = environment.get_template(template).render(style=style, script=page_script(), **content)
    return html.strip() + "\n"
