"""The user's layers as inputs, and the layers of a run."""
