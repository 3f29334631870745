"""What the source has where it looks like the target: nearest neighbours, correspondences."""
