"""The files of the page at `/`, as they are served."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI, Request, Response

import textrnn

FOLDER = Path(textrnn.__file__).parent / "page"
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True)
class Page:
    """The bytes of a file, with the type that a browser is told."""

    data: bytes
    media_type: str


def read_pages(folder: Path = FOLDER) -> dict[str, Page]:
    """The files in `folder` that a browser reads, by path: index.html stands at `/`. None where there is no folder."""
    if not folder.is_dir():
        return {}
    files = sorted(path for path in folder.rglob("*") if path.suffix in MEDIA_TYPES and path.is_file())
    found = {
        f"/{path.relative_to(folder).as_posix()}": Page(path.read_bytes(), MEDIA_TYPES[path.suffix]) for path in files
    }
    return {"/" if path == "/index.html" else path: page for path, page in found.items()}


def add_pages(app: FastAPI, pages: dict[str, Page]) -> None:
    """Serve `pages` at their paths; they stand in no OpenAPI document."""

    async def show(request: Request) -> Response:
        page = pages[request.url.path]
        return Response(page.data, media_type=page.media_type, headers=HEADERS)

    for path in pages:
        app.add_api_route(path, show, methods=["GET"], include_in_schema=False)
