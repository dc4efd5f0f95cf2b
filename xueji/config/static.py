"""Static files: those of the rooms, and the few front-end files we take from npm packages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files.storage import FileSystemStorage

from xueji.config.environment import REPOSITORY

# Name in a template → file in node_modules. The packages hold hundreds of files we never serve.
PACKAGE_FILES = {
    "tabler/css/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler/js/tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
}


class PackageStorage(FileSystemStorage):
    """The files of PACKAGE_FILES under the names that templates use."""

    prefix = ""

    def path(self, name: str) -> str:
        return str(REPOSITORY / "node_modules" / PACKAGE_FILES[name])


class PackageFinder(BaseFinder):
    """Offer the files of PACKAGE_FILES to collectstatic and to `findstatic`."""

    storage = PackageStorage(location=REPOSITORY / "node_modules")

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        found = [self.storage.path(path)] if path in PACKAGE_FILES and self.storage.exists(path) else []
        return found if find_all else (found[0] if found else [])

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        for name in PACKAGE_FILES:
            yield name, self.storage


class HashedStorage(ManifestStaticFilesStorage):
    """Names with a content hash, so that a browser may keep a file for ever.

    Before `collectstatic` has run (in tests, in one-off commands) the plain name is used.
    """

    # Only what a page loads is followed: source maps are not served.
    patterns = (
        (
            "*.css",
            (
                r"""(?P<matched>url\(['"]{0,1}\s*(?P<url>.*?)["']{0,1}\))""",
                (r"""(?P<matched>@import\s*["']\s*(?P<url>.*?)["'])""", """@import url("%(url)s")"""),
            ),
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.addresses: dict[str, str] = {}

    def stored_name(self, name: str) -> str:
        return super().stored_name(name) if self.hashed_files else name

    def url(self, name: str | None, force: bool = False) -> str:
        """Return the address of a file; a page asks for some twenty-five of them, always the same ones."""
        if name is None or not self.hashed_files:
            return super().url(name or "", force)
        if name not in self.addresses:
            self.addresses[name] = super().url(name, force)
        return self.addresses[name]
