"""Reproduction study of six speech-emotion-recognition documents, and the instrument it is made with."""

__version__ = "0.1.0"


class SerReproError(Exception):
    """A problem the user can mend: the message is one line that says what was wrong and what to do next."""

    def _render_traceback_(self):
        """In a notebook: the line alone, without the traceback."""
        return [f"{type(self).__name__}: {self}"]
