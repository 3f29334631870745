"""What the user fills in, and the controls of a run."""
