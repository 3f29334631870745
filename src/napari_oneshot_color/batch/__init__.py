"""A colorizer applied to files, one or thousands."""
