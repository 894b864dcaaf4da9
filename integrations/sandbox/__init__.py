"""Stand-ins for Jira and Mattermost, for the demo and for tests.

Nothing in the product imports this package; the portal only knows the two addresses.
"""
