"""The plain page: what the board is held against."""
