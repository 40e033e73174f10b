"""What the built book has beyond what Jupyter Book makes of its pages: a Sphinx extension.

Figures are files of their own with a drawing to download, tables and records can be taken along, icons are the few
that are used, and words of the study have their definition at hand.
"""

from book_site import downloads, icons, pictures, references, words


def setup(app) -> dict:
    references.register()
    for step in (pictures.place, downloads.write, words.explain):
        app.connect("doctree-resolved", step)
    app.connect("build-finished", downloads.archive)
    app.connect("build-finished", icons.reduce)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
