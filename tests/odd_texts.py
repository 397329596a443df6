"""Odd texts: what Unicode, HTML or an editor may do to words."""

from __future__ import annotations

import random

from textrnn.data.text_boundary import bound_text

SPACES = [" ", " ", " ", "  ", "\t", "\n", "\u00a0", "\u2028", "\u3000", "\x85", "\x1c", "\x1f", "\u200b", "\ufeff"]
BREAKS = [
    "<br>",
    "<BR>",
    "<br/>",
    "<Br />",
    "<br   >",
    "<br" + " " * 12 + "/>",
    "<br\n/>",
    "\uff1cbr\uff1e",
    "<br",
    "br>",
]
NAMES = ["[PAD]", "[UNK]", "[pad]", "##a", "##", "[PAD", "\uff3bPAD\uff3d", "<unk>", "[PAD][UNK]"]
# Sigma, dotted and dotless i, digraphs, ligatures, Kelvin, Arabic phrases, jamo, half-width, styled letters, Cherokee:
# what NFKC after lower case (or twice) would change, case that depends on place, long expansions. Escaped, as an
# editor may normalise them.
ODD = [
    "\u039f\u0394\u039f\u03a3", "\u03a3", "\u03c2", "\u0391\u03a3.", "\u0130", "\u0131", "I\u0307", "\u1e9e",
    "\u00df", "\u01c4", "\u01c5", "\ufb01", "\ufb03", "\u017f", "\u1e9b\u0323", "\u03d3", "\u03d4", "K", "\u00c5",
    "\u03a9", "\u2100", "\u00bd", "\u2460", "\u32ff", "\u337f", "\ufdfa", "\ufdfb", "\u0345", "\u1fb3", "\u1fbc",
    "\u0344", "\u0958", "\uac01", "\u1100\u1161\u11a8", "\uff76\uff9e", "\uff8a\uff9f", "\U0001d504",
    "\U0001d4d0\U0001d587", "\uff21\uff42\uff11", "\uff01", "\u2026", "\u2025", "\u00a8", "\u00b4", "\u037a",
    "\u2177", "\u00b2", "\u00aa\u00ba", "\u2122", "\u1d2c", "\u02b0", "\ua7f2", "\U0001e030", "\U00010400",
    "\u13a0", "\uab70", "\u0386\u0345", "\u03aa\u0301", "\u1fbc\u0300", "\u03d4\u0301", "\u0130\u033a",
]  # fmt: skip
EMOJI = ["👩\u200d💻", "🇫🇷", "👍🏽", "❤\ufe0f", "😀", "\u200d", "\U000e0067", "1\ufe0f\u20e3"]
PLANES = [
    (0x00, 0x7F), (0x80, 0x24F), (0x300, 0x36F), (0x370, 0x5FF), (0x600, 0xDFF), (0xE00, 0x1FFF), (0x2000, 0x2FFF),
    (0x3000, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x1FFFF), (0x20000, 0x3FFFF), (0xE0000, 0x10FFFF),
]  # fmt: skip


def any_character(source: random.Random) -> str:
    return chr(source.randint(*source.choice(PLANES)))


def any_word(source: random.Random) -> str:
    letters = "etaoinshrdlu" if source.random() < 0.7 else "aAbBé\u0301\u0130\u03c3\u03a31'-"
    return "".join(source.choice(letters) for _ in range(source.randint(1, 5)))


def any_text(source: random.Random, known: list[str]) -> str:
    """Words (of the training split, near misses, made up) among all that is odd."""
    parts: list[str] = []
    for _ in range(source.randint(0, 12)):
        dice = source.random()
        if dice < 0.35 and known:
            word = source.choice(known)
            if source.random() < 0.4:  # a near miss
                at = source.randint(0, len(word))
                word = word[:at] + source.choice(["", "\u0301", "x", "X", "\0", "\u200d", "."]) + word[at + 1 :]
            parts.append(word.upper() if source.random() < 0.2 else word)
        elif dice < 0.5:
            parts.append(any_word(source))
        elif dice < 0.62:
            parts.append("".join(any_character(source) for _ in range(source.randint(1, 4))))
        else:
            more = source.choice(
                [ODD, ODD, EMOJI, BREAKS, NAMES, [*"\0\x01\x7f\x9f", "\0\0"], [".", "!?", "'", "—", "¿"]]
            )
            parts.append(source.choice(more))
        if source.random() < 0.7:
            parts.append(source.choice(SPACES))
    return bound_text("".join(parts)).text
