"""The verbs of this room, and the only writers. Each is one transaction: the change, its event, its timers."""
