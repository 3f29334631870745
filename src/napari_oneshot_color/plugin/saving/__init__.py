"""Results kept: saved, and repeated by text."""
