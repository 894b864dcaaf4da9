"""How fast the portal is, measured against floors of the same run: `make bench SIZE=s|m|l`. See README.md."""
