"""What the weekly update is counted from is kept here, and the update itself is written here."""
