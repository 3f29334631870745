"""Hints on the canvas: layers, brushes and colours, and their conversion for the core."""
