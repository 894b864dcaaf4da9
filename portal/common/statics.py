"""Static files in production: named by their content, compressed, and so kept by browsers for good."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

_FILE = r"(?P<url>\./[\w.-]+\.js)"


class HashedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Our scripts are modules that import each other: those names are hashed too, or an old one would be kept.

    Only ours: Django's own switch for this also reads the scripts of libraries, and one of those imports what is not
    there.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("js/*.js", (
            (rf'(?P<matched>from "{_FILE}")', 'from "%(url)s"'),
            (rf'(?P<matched>import "{_FILE}")', 'import "%(url)s"'),
        )),
    )
