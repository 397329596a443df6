"""Files in the encodings that people have: read where it is said, named where it is not, never guessed."""

from __future__ import annotations

import csv
import io
import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.config.data import TextFormat
from textrnn.config.text_format import codec_of, require_text_format
from textrnn.data.readers import lines as module
from textrnn.data.readers.decoder import Decoder
from textrnn.data.readers.delimited import read_delimited
from textrnn.data.readers.guess_encoding import guess_encoding
from textrnn.data.readers.lines import decode_lines, read_lines
from textrnn.data.readers.notes import Notes
from textrnn.data.readers.rows import refuse_bad_rows
from textrnn.errors import ConfigError, DataError

COLUMNS = ("text", "label")
TEXTS = {
    "zh": "这家店的服务很好，质量也不错|我觉得房间太小了，不会再来",
    "zh-Hant": "這家店的服務很好，品質也不錯|我覺得房間太小了，不會再來",
    "ja": "この店のサービスはとても良いです|部屋が小さすぎて、もう来ません",
    "ko": "이 가게의 서비스가 아주 좋아요|방이 너무 작아서 다시 오지 않겠어요",
    "fr": "Le café était délicieux et l’accueil très chaleureux|la livraison a été retardée, déçu",
    "de": "Das Essen war schön heiß und über alle Maßen gut|die Tür fällt ständig zu",
    "pl": "Zażółć gęślą jaźń i było świetnie|źle działa, więc zwróciłem",
    "ru": "Отличный товар, очень доволен покупкой|плохое качество и долгая доставка",
    "el": "Πολύ καλό προϊόν και γρήγορη παράδοση|δεν το συνιστώ σε κανέναν",
    "tr": "Ürün çok güzel, teşekkür ederim|kargo geç geldi ve kutu kırıktı",
    "he": "מוצר מצוין ומשלוח מהיר|לא אקנה כאן שוב לעולם",
    "ar": "منتج رائع وتوصيل سريع|لن أشتري من هنا مرة أخرى",
    "th": "สินค้าดีมาก ส่งเร็ว|ไม่แนะนำให้ซื้อที่นี่",
}
# what is written, and what is named: another name where the bytes are the same, or nearly
FOUND = [
    ("zh", "gb18030", "gb18030"), ("zh", "gbk", "gb18030"), ("zh", "utf-16", "utf-16"),
    ("zh", "utf-16-le", "utf-16-le"), ("zh", "utf-16-be", "utf-16-be"), ("zh", "utf-32", "utf-32"),
    ("zh-Hant", "big5", "big5"), ("ja", "shift_jis", "shift_jis"), ("ja", "euc_jp", "euc_jp"),
    ("ja", "iso2022_jp", "iso2022_jp"), ("ja", "utf-16-le", "utf-16-le"), ("ko", "euc_kr", "euc_kr"),
    ("fr", "cp1252", "cp1252"), ("fr", "mac_roman", "mac_roman"), ("fr", "utf-16-le", "utf-16-le"),
    ("de", "latin-1", "cp1252"), ("de", "cp850", "cp850"), ("pl", "cp1250", "cp1250"), ("pl", "iso8859_2", "iso8859_2"),
    ("ru", "cp1251", "cp1251"), ("ru", "koi8_r", "koi8_r"), ("ru", "cp866", "cp866"), ("ru", "utf-16-be", "utf-16-be"),
    ("el", "cp1253", "cp1253"), ("tr", "cp1254", "cp1254"), ("he", "cp1255", "cp1255"), ("ar", "cp1256", "cp1256"),
    ("th", "cp874", "cp874"),
]  # fmt: skip


def table(language: str) -> str:
    return "text,label\n" + "".join(
        f'"{text}",{label}\n' for text, label in itertools.product(TEXTS[language].split("|"), ("a", "b"))
    )


def rows(path: Path, text_format: TextFormat, notes: Notes | None = None) -> list[tuple[object, ...]]:
    return [cells for _, cells in refuse_bad_rows(read_delimited(path, None, ",", COLUMNS, text_format, notes))]


@pytest.mark.parametrize(("language", "encoding", "named"), FOUND)
def test_the_likely_encoding_is_named_and_reads(language: str, encoding: str, named: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(table(language).encode(encoding))
    with pytest.raises(DataError) as told:
        rows(path, TextFormat())
    assert f"use --encoding {named} (data.encoding)" in str(told.value)
    assert "replace" not in str(told.value)
    assert "\n" not in str(told.value)
    expected = [tuple(row) for row in list(csv.reader(io.StringIO(table(language))))[1:]]
    assert rows(path, TextFormat(encoding=named)) == expected
    assert rows(path, TextFormat(encoding=encoding)) == expected


NO_ENCODINGS = [
    "rot13",
    "base64",
    "hex",
    "idna",
    "punycode",
    "unicode_escape",
    "undefined",
    "charmap",
    "utf-9",
    "aliases",
]
ENCODINGS = [
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "gb18030", "gbk", "big5", "shift_jis",
    "euc_jp", "euc_kr", "iso2022_jp", "hz", "cp1252", "cp1251", "latin-1", "cp037", "ascii",
]  # fmt: skip


@given(
    st.sampled_from(ENCODINGS),
    st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)), max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([7, 64, 1 << 16]),
)
def test_what_csv_writes_in_an_encoding_reads_back(
    tmp_path_factory: pytest.TempPathFactory, encoding: str, cells: list[tuple[str, str]], end: str, chunk: int
) -> None:
    def writable(text: str) -> str:
        """The letters that the encoding has, and gives back."""
        kept = []
        for letter in text + "é本字я":
            try:
                back = f"a{letter}a".encode(encoding).decode(encoding)
            except UnicodeError:
                continue
            kept += [letter] if back == f"a{letter}a" and letter not in "\r\ufeff" else []
        return "".join(kept)

    sound = [(writable(text), writable(label)) for text, label in cells]
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([COLUMNS, *sound])
    path = tmp_path_factory.getbasetemp() / "encoded.csv"
    path.write_bytes(buffer.getvalue().encode(encoding))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHUNK", chunk)
        if encoding not in ("hz", "iso2022_jp", "utf-7"):  # of which a whole text is not its parts
            assert rows(path, TextFormat(encoding=encoding)) == sound
        else:
            assert rows(path, TextFormat(encoding=encoding)) == [
                tuple(row) for row in list(csv.reader(io.StringIO(path.read_bytes().decode(encoding), newline="")))[1:]
            ]


@given(st.binary(max_size=80), st.sampled_from(["gb18030", "shift_jis", "cp1252", "utf-16-le", "utf-8"]), st.data())
def test_bytes_in_pieces_are_replaced_as_python_does(data: bytes, encoding: str, draw: st.DataObject) -> None:
    import codecs

    decoder = Decoder(codecs.getincrementaldecoder(encoding))
    text, mistakes, rest = "", 0, data
    while rest:
        size = draw.draw(st.integers(1, len(rest)))
        part, found = decoder.feed(rest[:size], final=size == len(rest))
        assert all(part[mistake.index] == "\ufffd" for mistake in found)
        text, mistakes, rest = text + part, mistakes + len(found), rest[size:]
    assert text == data.decode(encoding, "replace")
    assert mistakes == text.count("\ufffd") - data.decode(encoding, "ignore").count("\ufffd")


def test_line_ends_are_letters_in_other_encodings(tmp_path: Path) -> None:
    text = "a\u0a0a,b\u0d0a\u0a0d\r\nc\n"  # letters with the bytes of LF and CR in them
    path = tmp_path / "x"
    path.write_bytes(text.encode("utf-16"))
    assert list(read_lines(path, None, TextFormat(encoding="utf-16"))) == ["a\u0a0a,b\u0d0a\u0a0d\r\n", "c\n"]


@pytest.mark.parametrize("codec", ["utf-8", "gb18030", "shift_jis"])
def test_a_wrong_byte_deep_in_a_file_is_named_by_line_and_offset(codec: str, tmp_path: Path) -> None:
    start = ("text,label\n" + "好,a\n" * 30_000).encode(codec)
    path = tmp_path / "a.csv"
    path.write_bytes(start + b"b\xff,a\n" + "好,a\n".encode(codec) * 99)
    with pytest.raises(DataError) as told:
        list(read_lines(path, None, TextFormat(encoding=codec)))
    assert f"line 30002: expected {codec if codec != 'utf-8' else 'UTF-8'}, found byte 0xff" in str(told.value)
    assert f"at offset {len(start) + 1};" in str(told.value)
    assert "replace them by --errors replace (data.errors)" in str(told.value)
    notes = Notes()
    found = list(read_lines(path, None, TextFormat(encoding=codec, errors="replace"), notes))
    assert (notes.replaced, found[30_001]) == (1, "b\ufffd,a\n")


def test_replacing_is_not_advised_where_it_would_lose_the_texts(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(("好,a\n" * 20).encode() + ("坏的东西,a\n" * 20).encode("gb18030"))
    with pytest.raises(DataError, match="mixes encodings") as told:
        list(read_lines(path, None))
    assert "replace" not in str(told.value)


def test_the_encoding_that_was_given_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(table("fr").encode())
    with pytest.raises(DataError, match=r"the file is likely UTF-8: use --encoding utf-8"):
        rows(path, TextFormat(encoding="ascii"))


def test_nothing_is_reported_of_noise() -> None:
    assert guess_encoding(b"text,label\ncaf\xff\n") is None


@pytest.mark.parametrize("encoding", [*NO_ENCODINGS, "", "a\0b", "../utf8"])
def test_what_is_no_encoding_of_texts_is_refused(encoding: str) -> None:
    assert codec_of(encoding) is None
    with pytest.raises(ConfigError, match=r"--encoding: expected auto or the name of an encoding"):
        require_text_format(TextFormat(encoding=encoding), "--{}".format)


def test_the_nearest_encoding_is_named() -> None:
    with pytest.raises(ConfigError, match=r"did you mean gb18030\?"):
        require_text_format(TextFormat(encoding="gb1803"), "--{}".format)


def test_a_stream_is_decoded_as_it_comes() -> None:
    class Slow(io.BytesIO):
        def read1(self, size: int | None = -1) -> bytes:
            return super().read(3)

    found = decode_lines(Slow("好的\n坏的\n".encode("gb18030")), "standard input", TextFormat(encoding="gb18030"))
    assert list(found) == ["好的\n", "坏的\n"]
