"""The worker's part of this room."""
