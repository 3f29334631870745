"""Finds where the source looks like the target: nearest neighbours and correspondences."""
