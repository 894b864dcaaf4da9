"""Static files in production: named by their content, compressed, and so kept by browsers for good."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Our scripts are modules that import each other: those names are hashed too, or an old one would be kept."""

    support_js_module_import_aggregation = True
