"""Training of a generator: patches, losses, steps and the loop around them."""
