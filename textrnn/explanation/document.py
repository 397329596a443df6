"""The frame of a page that is one file: nothing is ever fetched, no script runs."""

from __future__ import annotations

# whatever a text may hold
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def make_document(title: str, style: str, body: str) -> str:
    """Returns the HTML page with this `body`, a style sheet and a `title`, which is HTML too; light or dark, by its
    style.
    """
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )
