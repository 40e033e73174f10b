"""The list of references named and sorted as the text cites: by author and year."""

from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style as Plain
from pybtex.style.labels import BaseLabelStyle


class AuthorYearLabels(BaseLabelStyle):
    """"Nfissi et al., 2022"; the first word of the key or title where there is no author."""

    def format_labels(self, entries):
        for entry in entries:
            names = [" ".join(person.prelast_names + person.last_names) for person in entry.persons.get("author", [])]
            names = [name.replace("{", "").replace("}", "") for name in names] or [entry.fields.get("key", entry.key)]
            said = names[0] if len(names) == 1 else " and ".join(names) if len(names) == 2 else f"{names[0]} et al."
            yield ", ".join(filter(None, (said, entry.fields.get("year", ""))))


class AuthorYear(Plain):
    default_label_style = AuthorYearLabels
    default_sorting_style = "author_year_title"


def register() -> None:
    register_plugin("pybtex.style.formatting", "author_year", AuthorYear)
