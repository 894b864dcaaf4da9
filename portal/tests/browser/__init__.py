"""The product walked as people walk it: a real Chromium, a real portal, a Jira that changes meanwhile."""
