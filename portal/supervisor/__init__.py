"""One command that brings the portal up: database, broker, migrations, sandbox, web, worker and beat."""
