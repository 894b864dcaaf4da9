"""Page-shaped reads of this room."""
