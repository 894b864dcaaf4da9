"""What a process in production mode is started with."""

import os


def environ() -> dict[str, str]:
    """Complete and made up, but for the tests' own database and broker."""
    return {
        "PATH": os.environ["PATH"], "PORTAL_ENV_FILES": "0", "DEBUG": "0", "SECRET_KEY": "k" * 20 + "0123456789" * 5,
        "PORTAL_BASE_URL": "https://set.example.org", "ALLOWED_HOSTS": "set.example.org",
        "DATABASE_URL": os.environ["DATABASE_URL"], "REDIS_URL": os.environ["REDIS_URL"],
        "EMAIL_URL": "smtp://mail.example.org:25", "DJANGO_SETTINGS_MODULE": "portal.settings",
        "JIRA_BASE_URL": "https://jira.example.org", "JIRA_EMAIL": "a@example.org", "JIRA_API_TOKEN": "x" * 20,
        "JIRA_WEBHOOK_SECRET": "w" * 40,
    }
