"""Applies a colorizer to files, one or thousands."""
