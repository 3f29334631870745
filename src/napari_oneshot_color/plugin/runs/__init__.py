"""Runs in threads, their layers, and what the user wants of them."""
