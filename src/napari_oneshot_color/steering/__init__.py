"""Changes that users make to a result: edited regions, hints, fading."""
