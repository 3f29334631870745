"""Colour spaces, resizing and filters, and chroma upsampled along the edges of grey."""
