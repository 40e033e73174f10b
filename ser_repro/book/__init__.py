"""What chapters are made of: a document's page and its sections, words, tables and pictures."""

from ser_repro.book.page import Page, check, obtain, open
from ser_repro.book.show import banner, draw, picture, say, table, text

__all__ = ["Page", "banner", "check", "draw", "obtain", "open", "picture", "say", "table", "text"]
