"""A saved model: its folder, its card, and what it says of recordings."""
