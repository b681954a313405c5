"""Configuration of Sphinx; ``python -m sphinx -W -b html docs docs/_build`` builds the pages, without network."""

from polyregions.version import __version__

project = "polyregions"
author = "The polyregions developers"
copyright = f"2026, {author}"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
default_role = "py:obj"  # single backticks in docstrings are links where they can be

myst_enable_extensions = ["deflist", "fieldlist"]
myst_heading_anchors = 3

napoleon_google_docstring = False
napoleon_numpy_docstring = True
napoleon_use_rtype = False
napoleon_use_ivar = True
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # docstrings say the types, and the shapes

html_theme = "furo"
html_title = f"polyregions {release}"
html_copy_source = False
