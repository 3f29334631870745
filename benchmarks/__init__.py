"""Measured comparisons of colouring quality and speed; nothing here is imported by the package."""
