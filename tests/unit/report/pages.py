"""A page as a reader and a screen reader get it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from ostinato import report
from ostinato.report.resources import resource

OWN_SCRIPT = resource("page.js")
VOID = {"meta", "br", "hr", "img", "input", "link"}


class Page(HTMLParser):
    """Collects tags, ids, text and what is not closed."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.references, self.words, self.open = [], [], [], [], []
        self.scripts = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.handle_startendtag(tag, attributes)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append((tag, found))
        if "id" in found:
            self.ids.append(found["id"])
        for name in ("aria-labelledby", "aria-describedby"):
            self.references += found.get(name, "").split()
        self.references += re.findall(
            r"#([\w.-]+)", " ".join(found.get(k) or "" for k in ("href", "clip-path"))
        )

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        inside = self.open[-1] if self.open else ""
        if inside == "script":
            self.scripts.append(data)
        elif inside != "style":
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


_DRAWN = {}


def page_of(folder):
    """The page about a run folder, drawn once for folders of the same name with the same bytes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    key = (folder.name, *((str(path.relative_to(folder)), path.read_bytes()) for path in files))
    if key not in _DRAWN:
        _DRAWN[key] = report.render(report.collect(folder))
    return _DRAWN[key]


def without_script(text):
    """A page's characters but for its own script, of which there is one."""
    own = f"<script>{OWN_SCRIPT}</script>"
    assert text.count(own) == 1
    return text.replace(own, "")


def text_of(folder):
    """What the page about a run folder says."""
    return Page(page_of(folder)).text
