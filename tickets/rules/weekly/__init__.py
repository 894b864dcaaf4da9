"""The weekly update, as far as it can be thought without a database."""
