"""Colour spaces, sizes, and chroma along the edges of grey."""
