"""The roof: settings, addresses, and the flows that cross rooms."""
