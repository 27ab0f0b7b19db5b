"""Domain values out: the files that other programs and people read."""
