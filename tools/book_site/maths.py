"""Equations as MathML, which browsers set by themselves: no script and no font to load."""

from xml.sax.saxutils import quoteattr

from docutils import nodes
from latex2mathml.converter import convert


def mathml(latex: str, display: str) -> str:
    """A formula for a page, with its source for programs that read pages aloud and know no MathML."""
    made = convert(latex, display=display)
    return made.replace("<math ", f"<math alttext={quoteattr(latex)} ", 1)


def _inline(self, node) -> None:
    self.body.append(mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def _block(self, node) -> None:
    self.body.append(f'<div class="formula">{mathml(node.astext(), "block")}</div>')
    raise nodes.SkipNode


def register(app) -> None:
    app.add_html_math_renderer("mathml", inline_renderers=(_inline, None), block_renderers=(_block, None))
