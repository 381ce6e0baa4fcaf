"""How Sphinx builds the pages; `make docs` calls it, and every warning is an error."""

from ostinato._version import __version__

project = "ostinato"
author = "The ostinato contributors"
copyright = author
release = version = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_custom_sections = [("Shape", "params_style"), "Differs from torch", "Source"]
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
python_maximum_signature_line_length = 88

# References that a docstring writes out must be found; types in signatures need not be.
nitpicky = True
nitpick_ignore_regex = [
    ("py:exc|py:obj", ".*"),
    ("py:class", r"(?!ostinato\.\w+$).*"),
    ("py:func", r"torch\..*"),
]

html_theme = "furo"
html_title = f"ostinato {release}"
html_show_sourcelink = False
