"""One SQLite file that survives kill -9: a JSON text per row, written through on each change."""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path


class Storage:
    """A few key-value tables in one file."""

    def __init__(self, path: Path) -> None:
        """Open the file, creating it and its folder where absent."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        # A killed process loses nothing that was handed to the operating system; only a power cut
        # could, and the sandbox does not promise to survive one. So no fsync on each write.
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")
        for table in ("meta", "issue", "mattermost"):
            self._db.execute(f"CREATE TABLE IF NOT EXISTS {table} (key TEXT PRIMARY KEY, body TEXT NOT NULL)")

    def get_meta(self, key: str) -> str | None:
        """Return a named value."""
        row = self._db.execute("SELECT body FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set_meta(self, key: str, body: str) -> None:
        """Set a named value."""
        self.put("meta", key, body)

    def put(self, table: str, key: str, body: str) -> None:
        """Write one row now."""
        self._db.execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", (key, body))  # noqa: S608

    def put_many(self, table: str, rows: Iterable[tuple[str, str]]) -> None:
        """Write many rows in one transaction."""
        self._db.execute("BEGIN")
        self._db.executemany(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", rows)  # noqa: S608
        self._db.execute("COMMIT")

    def delete(self, table: str, key: str) -> None:
        """Remove one row."""
        self._db.execute(f"DELETE FROM {table} WHERE key = ?", (key,))  # noqa: S608

    def rows(self, table: str) -> Iterator[str]:
        """Yield every body of a table."""
        for (body,) in self._db.execute(f"SELECT body FROM {table}"):  # noqa: S608
            yield str(body)

    def clear(self) -> None:
        """Forget everything."""
        for table in ("meta", "issue", "mattermost"):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608

    def close(self) -> None:
        """Close the file."""
        self._db.close()
