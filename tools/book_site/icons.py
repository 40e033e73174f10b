"""The theme's icons: a font of those that pages show, in place of the library's script and fonts of 2.6 MB."""

import re
import shutil
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

UNUSED = ("scripts/fontawesome.js", "scripts/fontawesome.js.LICENSE.txt", "vendor", "locales", "**/*.map",
          "webpack-macros.html", "sbt-webpack-macros.html")


def reduce(app, failure) -> None:
    """After the build: a font of few icons, and nothing in `_static` that no page loads."""
    if failure or app.builder.format != "html":
        return
    out = Path(app.outdir)
    static = out / "_static"
    fonts = static / "vendor/fontawesome/webfonts/fa-solid-900.ttf"
    if fonts.exists():
        styles = list((static / "styles").glob("*.css"))
        write(fonts, shown(out, styles), static / "icons.woff")
    for pattern in UNUSED:
        for path in static.glob(pattern):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def shown(out: Path, styles: list[Path]) -> set[int]:
    """Code points of the icons that pages name or the theme's styles draw."""
    named = {name for page in out.rglob("*.html") for name in re.findall(r"\bfa-[a-z-]+", page.read_text())}
    named |= {name for script in (out / "_static").rglob("*.js") if script.name != "fontawesome.js"
              for name in re.findall(r"\bfa-[a-z-]+", script.read_text())}
    text = "".join(sheet.read_text() for sheet in styles)
    points = set(re.findall(r'--pst-icon-[\w-]+:\s*"\\?([0-9a-f]{4}|.)"', text))
    points |= set(re.findall(r'content:\s*"\\(f[0-9a-f]{3})"[^}]*Font Awesome', text))
    for name in named:
        points |= set(re.findall(rf'\.{name}(?:::?before)?[^{{}}]*\{{(?:--fa|content):\s*"\\?([0-9a-f]{{4}}|.)"', text))
    return {int(point, 16) if len(point) == 4 else ord(point) for point in points}


def write(font: Path, points: set[int], to: Path) -> None:
    """Write the glyphs of a font at some code points."""
    reduced = TTFont(font)
    chosen = subset.Subsetter(subset.Options(layout_features=[], name_IDs=[], notdef_outline=False))
    chosen.populate(unicodes=points)
    chosen.subset(reduced)
    reduced.flavor = "woff"
    reduced.save(to)
