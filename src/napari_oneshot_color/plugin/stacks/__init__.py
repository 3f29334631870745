"""Stacks coloured as they are looked at, or all at once."""
