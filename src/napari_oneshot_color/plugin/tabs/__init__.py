"""The tabs of the panel, in the order of the work: colorize, correct, trust, apply."""
