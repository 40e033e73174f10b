"""What the chapter on features is made of: sets in words, what they make of two clips, what was measured of them."""
