"""What people type into the pages of this room, checked."""
