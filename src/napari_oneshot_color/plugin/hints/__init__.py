"""Hints on the canvas: layers, brushes and colours, read as the core takes them."""
