"""What the weekly update shows, read from the mirror."""
