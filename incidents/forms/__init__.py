"""What people type in this room, checked."""
