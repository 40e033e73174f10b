"""A run, from plan to record: what it is, training, search, and the study."""
