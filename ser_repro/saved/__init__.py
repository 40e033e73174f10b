"""A saved model: its folder, its card, and what it says of recordings.

    from ser_repro import saved

    model = saved.load("models/mine")
    model.predict(samples, 44100)                      # probabilities by emotion, the most probable one first
    saved.recording(model, "meeting.flac", window_s=3).windows
"""

from ser_repro.saved.model import Saved, load, save
from ser_repro.saved.predict import Answer, recording

__all__ = ["Answer", "Saved", "load", "recording", "save"]
