"""A result that follows the user: edited regions, hints, fading."""
