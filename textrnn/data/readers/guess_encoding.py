"""Which encoding bytes that are not UTF-8 are likely in: for messages alone, nothing is read by it."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

# what texts in these languages are mostly made of; a wrong encoding gives rare characters instead
_CHINESE = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事"
    "成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日者意无力它与长把十民第公此已工使情明性知"
    "全三又关点正业外将两高间由问很最重并物手应向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次"
    "度门任常先海通教儿原东声提立及比员解名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必"
    "场件计管期市直德资命指金许统区保至队形便空决治展司五眼书非听白却界达光放即像难且权思王完设式色路记南品住告类求据程边死张该交规"
    "万取格望觉确传师观清今切让识候带导争运店买卖质服价格快慢差喜欢吃房包送货客标签款换坏谢酒菜味"
    "這個們來為國說時會對後發經過學現當沒動還進開從實無與長機關點業將兩間問應頭體見產話給義門東聲員論處認條係氣題爾別變總電數"
    "報結務場計資許統區隊書聽難權設類據邊張該規萬覺確傳師觀讓識帶導爭運買賣質價歡標籤換壞謝嗎呢吧啊"
)
_HANGUL = frozenset(
    "이다는을에의가고지하한로은기사서도를인과들시일리어정대나아자보부있제수해으라면그상전게여구만것원주장성스공동적조유당선우치연안경"
    "신오문국무니비영중물트방소세거각음모생화명관재입와요습합네요좋음없않했었겠까데점품배송추천감독최별로진짜너무정말"
)
_KANA = frozenset(chr(code) for code in (*range(0x3041, 0x3097), *range(0x30A1, 0x30FB), 0x30FC))
_USUAL = frozenset("«»‘’‚“”„–—…€£§°·•™®©´¿¡")  # marks, in whatever language

_WEST = (
    "éèêëàâçîïôûùœæüñ",
    "äöüß",
    "áéíóúñüªº",
    "àèéìòù",
    "ãõáâàçéêíóôú",
    "åäöæøé",
    "ëïéèöüá",
    "áéíóúýþæöð",
    "àçèéíïòóúü",
)
_CENTRAL = ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "čćđšž", "ăâîşţ")
_BALTIC = ("ąčęėįšųūž", "āčēģīķļņšūž", "äöõüšž")
_TURKISH = ("çğıöşüâîû",)
_CYRILLIC = (
    "абвгдежзийклмнопрстуфхцчшщъыьэюяё№",
    "абвгдежзийклмнопрстуфхцчшщьюяіїєґў",
    "абвгдежзијклмнопрстуфхцчшђљњћџ",
)
_GREEK = ("αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ",)
_HEBREW = ("אבגדהוזחטיכלמנסעפצקרשתךםןףץ",)
_ARABIC = ("ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيپچژگک،؟",)
_THAI = ("".join(chr(code) for code in range(0x0E01, 0x0E5B)),)


@dataclass(frozen=True)
class _Candidate:
    """An encoding, the letters of each language written in it, and its weight relative to the others.

    `common` are the commonest letters of languages that are written in no Latin ones: nearly half of any text.
    """

    name: str
    languages: tuple[str, ...]
    weight: float
    common: str = ""


_EAST_ASIAN = (
    ("gb18030", _CHINESE), ("big5", _CHINESE), ("cp950", _CHINESE), ("shift_jis", _KANA), ("cp932", _KANA),
    ("euc_jp", _KANA), ("euc_kr", _HANGUL), ("cp949", _HANGUL),
)  # fmt: skip
_OF_ONE_BYTE = (
    _Candidate("cp1252", _WEST, 1.0),
    _Candidate("cp1251", _CYRILLIC, 0.95, "оаеинтрсвлі"),
    _Candidate("mac_cyrillic", _CYRILLIC, 0.945, "оаеинтрсвлі"),
    _Candidate("koi8_r", _CYRILLIC, 0.94, "оаеинтрсвлі"),
    _Candidate("cp866", _CYRILLIC, 0.93, "оаеинтрсвлі"),
    _Candidate("iso8859_5", _CYRILLIC, 0.92, "оаеинтрсвлі"),
    _Candidate("cp1250", _CENTRAL, 0.95),
    _Candidate("iso8859_2", _CENTRAL, 0.94),
    _Candidate("cp1254", _TURKISH, 0.945),
    _Candidate("cp1257", _BALTIC, 0.93),
    _Candidate("cp1253", _GREEK, 0.9, "αοιετσνηυρ"),
    _Candidate("iso8859_7", _GREEK, 0.89, "αοιετσνηυρ"),
    _Candidate("cp1255", _HEBREW, 0.9, "יוהלארתשמב"),
    _Candidate("cp1256", _ARABIC, 0.9, "اليمنرتبوه"),
    _Candidate("cp874", _THAI, 0.9, "านรอกเงมย่ว้ี"),
    _Candidate("mac_roman", _WEST, 0.85),
    _Candidate("cp850", _WEST, 0.84),
    _Candidate("cp852", _CENTRAL, 0.84),
)
_ENOUGH = 2048  # bytes
_LEAST = 0.3  # a score below says nothing
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ESCAPES = (  # what begins letters of two bytes (ISO/IEC 2022; RFC 1468, RFC 1557)
    (b"\x1b$)C", "iso2022_kr"),
    (b"\x1b$@", "iso2022_jp"),
    (b"\x1b$B", "iso2022_jp"),
    (b"\x1b$(D", "iso2022_jp"),
)


def encoding_of_mark(head: bytes) -> str | None:
    """The encoding that the first bytes of a file say or show by themselves, and that is not UTF-8.

    It is UTF-16 or UTF-32, with a mark or with the zero bytes of ASCII in it, or one that begins its letters by an
    escape sequence. None where nothing is said.
    """
    if head.startswith(codecs.BOM_UTF8):
        return None
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    for start in (head[:16], head):  # the names of columns are ASCII where the texts are not
        if start.count(0) * 4 > len(start) >= 16 and (found := _by_zeros(start)):
            return found
    return next((name for escape, name in _ESCAPES if escape in head), None)


def _by_zeros(head: bytes) -> str | None:
    for name in ("utf-32-le", "utf-32-be"):
        try:
            head[: len(head) // 4 * 4].decode(name)  # of other bytes hardly four are a character
        except UnicodeDecodeError:
            continue
        if any(head):
            return name
    units = {name: _ascii_units(head, at) for name, at in (("utf-16-le", 0), ("utf-16-be", 1))}
    best = max(units, key=units.__getitem__)
    return best if units[best] * 10 > 7 * (len(head) // 2) else None


def _ascii_units(head: bytes, at: int) -> int:
    """How many pairs of bytes are a zero and, at `at`, an ASCII character that stands in texts."""
    pairs = zip(head[at::2], head[1 - at :: 2], strict=False)
    return sum(1 for byte, other in pairs if not other and (31 < byte < 127 or byte in b"\t\r\n"))


def guess_encoding(sample: bytes) -> str | None:
    """The encoding that `sample`, whole lines of a file that is not UTF-8, is most plausible in; None: no idea.

    Each candidate decodes it. What comes is weighed by how much of it the languages of that encoding are made of:
    their commonest characters (Chinese, Japanese, Korean), or the letters of one language with capitals where they
    may stand.
    """
    if found := encoding_of_mark(sample):
        return found
    if found := _without_mark(sample):
        return found
    sample = _telling(sample)
    scores: dict[str, float] = {}
    for name, common in _EAST_ASIAN:
        scores[name] = max(0.0, _score_characters(*_decode(sample, name), common))
    for candidate in _OF_ONE_BYTE:
        text, lost = _decode(sample, candidate.name)
        best_language = max(_score_letters(text, lost, set(letters)) for letters in candidate.languages)
        scores[candidate.name] = candidate.weight * best_language * _share_of_common(text, candidate)
    best = max(scores, key=scores.__getitem__)
    return best if scores[best] >= _LEAST else None


def _telling(sample: bytes) -> bytes:
    """The lines that are not ASCII, as many as are enough."""
    lines, size = [], 0
    for line in sample.splitlines(keepends=True):
        if not line.isascii():
            lines.append(line)
            size += len(line)
            if size >= _ENOUGH:
                break
    return b"".join(lines)[: 2 * _ENOUGH]


def _without_mark(sample: bytes) -> str | None:
    """UTF-16 of other letters than ASCII: only ends of lines, digits and marks have a zero byte."""
    even = sample[: len(sample) // 2 * 2]
    for name, zeros in (("utf-16-le", even[1::2].count(0)), ("utf-16-be", even[::2].count(0))):
        if zeros and even.count(0) == zeros:
            text = even.decode(name, "replace")
            if text.count("\ufffd") * 50 <= len(text) and sum(map(_is_written, text)) * 10 >= len(text) * 9:
                return name
    return None


def _is_written(character: str) -> bool:
    return character.isalnum() or character.isspace() or (character.isprintable() and ord(character) < 0xE000)


def _decode(sample: bytes, name: str) -> tuple[str, int]:
    """The text, and how many byte sequences of it are not of the encoding, but for one cut at the end."""
    text = codecs.getincrementaldecoder(name)("replace").decode(sample)
    return text, text.count("\ufffd")


def _score_characters(text: str, lost: int, common: frozenset[str]) -> float:
    """Near 1 for text of which the usual share is common; near 0 for rare characters."""
    found = [c for c in text if ord(c) > 0x3040 and c.isalpha()]
    strange = sum(1 for c in text if "\x7f" < c < "\u2010" or "\ue000" <= c <= "\uf8ff" or "\uff61" <= c <= "\uff9f")
    hits = sum(1 for c in found if c in common)
    if not found:
        return 0.0
    share = min(1.0, (hits + 0.7) / (len(found) + 2) / 0.35)
    return share * len(found) / (len(found) + strange) - 20 * lost / (len(found) + lost)


def _share_of_common(text: str, candidate: _Candidate) -> float:
    """Near 1 for text of which the usual share is common letters; 1 of Latin letters, which ASCII is full of."""
    found = [c for c in text.lower() if c > "\x80" and c.isalpha()]
    if not candidate.common:
        return 1.0 if found or candidate.name == "cp1252" else 0.2
    hits = sum(1 for c in found if c in candidate.common)
    return min(1.0, (hits + 0.8) / (len(found) + 2) / 0.6) if found else 0.0


def _score_letters(text: str, lost: int, letters: set[str]) -> float:
    """The share of characters beyond ASCII that are letters of one language, or usual marks, where they may stand."""
    score, total = 0.0, lost
    latin = max(letters) < "\u0250"
    for at, character in enumerate(text):
        if character < "\x80" or character == "\ufffd":
            continue
        total += 1
        before, after = text[max(0, at - 1) : at], text[at + 1 : at + 2]
        if character in _USUAL:
            # a mark inside of a word is none, but for an apostrophe
            score += 1 if character == "’" or not (before.isalpha() and after.isalpha()) else -1
        elif character.lower() in letters:
            beside_latin = not latin and any(c.isalpha() and c < "\x80" for c in (before, after))
            wrong = (character.isupper() and before.islower()) or beside_latin
            score += -1 if wrong else 1
    score *= 0.85 if sum(map(str.isupper, text)) * 2 > sum(map(str.isalpha, text)) else 1.0  # few shout
    return (score - 5 * lost) / total if total else 0.0
