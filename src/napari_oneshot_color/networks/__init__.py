"""The paper's tables as networks, and one for chroma."""
