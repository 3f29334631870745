"""Saves results, and copies text that repeats them."""
