"""Regions of a run: pointed at, given another colour."""
