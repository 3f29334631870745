"""The user's layers as inputs, and the kinds of layers that a run has."""
