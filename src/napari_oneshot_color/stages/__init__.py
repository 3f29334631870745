"""From a colorizer and a target to its colours: tiles, merging, regions, the LAB join."""
