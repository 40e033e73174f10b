"""`python -m ser_repro.cli`: the command where its script is not on the path."""

from ser_repro.cli import main

main()
