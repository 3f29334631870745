"""Runs in threads, their layers, and the user's changes to them."""
