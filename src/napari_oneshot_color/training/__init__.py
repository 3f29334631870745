"""What makes a generator: patches, losses, steps, the loop around them."""
