"""The verbs of this room, and the only writers. Each settles the clocks before it ends (`clocks.settle_clocks`)."""
