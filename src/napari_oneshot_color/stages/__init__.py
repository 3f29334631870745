"""The stages of colouring a target: tiles, merging, regions, the LAB join."""
