"""The command `ser-repro`, a module a group of commands."""

from ser_repro.cli.app import main

__all__ = ["main"]
