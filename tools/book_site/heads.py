"""The heads of the pages: no script of icons, and the reader's theme from the first moment."""

import re
from pathlib import Path

ICONS = re.compile(r'\s*<!-- So that users can add custom icons -->\s*<script defer src="[^"]*fontawesome\.js[^"]*">'
                   r"</script>")
BETTER = (
    ('localStorage.getItem("mode") || ""', 'localStorage.getItem("mode") || "auto"'),
    ('localStorage.getItem("theme") || ""', 'localStorage.getItem("theme") || '
     '(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")'),
    ('<summary aria-label="Toggle hidden content">', "<summary>"),
    ('<div role="list" class="citation-list">', '<div class="citation-list">'),
    (' role="doc-biblioentry"', ""),
)
"""The theme leaves its mode open, calls that an error in the console, and shows light before it turns dark; and a
label that differs from the words shown can't be spoken to. Entries of a role that is no more are no children of a
list."""


def mend(app, failure) -> None:
    """After the build."""
    if failure or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text()
        mended = ICONS.sub("", text)
        for found, better in BETTER:
            mended = mended.replace(found, better)
        if mended != text:
            page.write_text(mended)
