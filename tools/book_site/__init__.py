"""What the built book has beyond what Jupyter Book makes of its pages: a Sphinx extension.

Figures are files of their own with a drawing to download, tables and records can be taken along, icons are the few
that are used, and words of the study have their definition at hand. At its foot a page says how to cite it, where its
source is and what it was built from.
"""

from book_site import colophon, downloads, heads, icons, maths, networks, pictures, references, words


def unnumbered(app, config) -> None:
    """No numbers of figures, whatever Jupyter Book's LaTeX writer sets: some would have one, most none."""
    config.numfig = False


def setup(app) -> dict:
    references.register()
    maths.register(app)
    app.connect("config-inited", unnumbered, priority=900)  # after all others
    app.connect("builder-inited", networks.export)
    for step in (pictures.place, downloads.write, words.explain):
        app.connect("doctree-resolved", step)
    app.connect("html-page-context", colophon.place)
    for step in (networks.place, downloads.archive, heads.mend, icons.reduce):
        app.connect("build-finished", step)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
