"""The networks: the paper's two, the chroma network, and the descriptor's."""
