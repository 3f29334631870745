"""Selecting and recolouring the regions of a run."""
