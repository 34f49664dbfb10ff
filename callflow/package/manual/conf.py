"""How Sphinx makes the manual of what ``build.py`` lays out."""

from pathlib import Path

project = "Callflow"
root_doc = "index"
extensions = ["myst_parser"]
exclude_patterns = ["_*"]
#: Headings are linked to as GitHub does.
myst_heading_anchors = 6
#: Its own plug-ins of Markdown: none, so that a document reads alike in the repository.
myst_enable_extensions: list[str] = []
suppress_warnings = ["misc.highlighting_failure"]
nitpicky = True

html_theme_path = [str(Path(__file__).parent)]
html_theme = "theme"
html_title = "Callflow"
html_use_index = False
html_copy_source = False
html_show_sphinx = False
html_permalinks = False
pygments_style = "default"
