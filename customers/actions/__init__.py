"""The verbs of this room, and the only writers."""
