"""What to do about bytes that are not of a file's encoding."""

from __future__ import annotations

import codecs

from textrnn.config.text_format import codec_of
from textrnn.data.readers.guess_encoding import guess_encoding
from textrnn.data.readers.notes import Notes
from textrnn.data.readers.wording import LIKELY_FORMAT, count

MIN_BYTES_PER_ERROR = 1000  # at most one sequence in so many bytes: what may be replaced without much loss


def explain_bytes(codec: str, sample: bytes, notes: Notes, *, mostly_valid: bool = False) -> str:
    """What to do about a byte that `codec` cannot decode: the encoding that is likely meant, or whether to replace.

    `sample` are bytes around it, `mostly_valid` says that there were lines beyond ASCII before it.
    """
    bad, valid = _count(sample, codec)
    looked = f"of {count(len(sample), 'byte')} examined, {count(bad, 'sequence')} cannot be decoded"
    verb = "drop" if notes.section == "embeddings" else "replace"
    replacing = f"{verb} them by {notes.option('errors', 'replace')}"
    if bad and (mostly_valid or valid > 10 * bad):
        few = bad * MIN_BYTES_PER_ERROR <= len(sample) or valid > 100 * bad
        return f"{looked}: {replacing if few else 'the file mixes encodings, or is damaged: repair it'}"
    if codec != "utf-8" and not _count(sample, "utf-8")[0]:
        return f"{LIKELY_FORMAT}UTF-8: use {notes.option('encoding', 'utf-8')}"
    likely = guess_encoding(sample)
    if likely is not None and codec_of(likely) != codec:
        return f"{LIKELY_FORMAT}{likely.upper()}: use {notes.option('encoding', likely)}, or save it as UTF-8"
    if bad * MIN_BYTES_PER_ERROR <= len(sample):
        return f"{looked}: {replacing}"
    return f"save the file as UTF-8, or name its encoding by {notes.option('encoding', 'NAME')}"


def _count(sample: bytes, codec: str) -> tuple[int, int]:
    """How many byte sequences are not of the encoding, and how many characters beyond ASCII are."""
    text = codecs.getincrementaldecoder(codec)("replace").decode(sample)  # a letter cut at the end is not counted
    bad = text.count("\ufffd")
    return bad, sum(1 for character in text if character > "\x7f") - bad
