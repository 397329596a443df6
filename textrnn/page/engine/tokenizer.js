/** Texts to token ids, by words.c; and where the words stand in a text. */

import { int64s } from "./kernels.js";
import { ALONE, LETTER, SPACE } from "./unicode.js";

const FOREIGN = 1, SEVERAL = 1 << 23, POINTS = 0x110000, BLOCK = 64; // of words.c's table
const ROOM = 16384; // of what becomes several code points
const GROWTH = 2; // code points, and so ids, that come of one byte, at most; what grows more is not for words.c
const BREAK = /<[bB][rR][ \t\n\v\f\r]{0,9}\/?>/y;

export class Tokenizer {
  /** `tokens[i]` is id i, 0 padding, 1 unknown. */
  constructor(kernels, unicode, tokens, { byCharacter }) {
    this.kernels = kernels;
    this.unicode = unicode;
    this.byCharacter = byCharacter;
    this.entries = kernels.reserve(4 * POINTS);
    kernels.view(Uint32Array, this.entries, POINTS).fill(0);
    this.several = kernels.reserve(4 * ROOM);
    this.used = 0;
    // of what is in its normal form already: what words.c is told of a text that only marks out of order keep from it
    this.plain = kernels.reserve(4 * POINTS);
    const plain = kernels.view(Uint32Array, this.plain, POINTS);
    for (let point = 0; point < POINTS; point++) plain[point] = (LETTER << 21) | point;
    for (const [point, kind] of unicode.kinds) plain[point] = (kind << 21) | point;
    const encoder = new TextEncoder(), parts = tokens.map((token) => encoder.encode(token)), ends = [0];
    for (const part of parts) ends.push(ends[ends.length - 1] + part.length);
    const bytes = new Uint8Array(ends[ends.length - 1]);
    parts.forEach((part, i) => bytes.set(part, ends[i]));
    let size = 1;
    while (size <= 2 * tokens.length) size *= 2;
    const slots = kernels.reserve(8 * size);
    kernels.view(Uint32Array, slots, 2 * size).fill(0);
    const longest = parts.reduce((most, part) => Math.max(most, part.length), 0);
    const table = [kernels.put(bytes), kernels.put(int64s(ends)), slots, size, longest];
    this.own = this.table(this.entries, table);
    this.normal = this.table(this.plain, table);
    kernels.call("index_tokens", this.own, BigInt(tokens.length));
  }

  /** The place of words.c's WordTable. */
  table(entries, [bytes, ends, slots, size, longest]) {
    const place = this.kernels.reserve(72), view = new DataView(this.kernels.functions.memory.buffer, place, 72);
    [entries, this.several, bytes, ends, slots].forEach((each, i) => view.setUint32(4 * i, each, true));
    const seed = crypto.getRandomValues(new BigUint64Array(1))[0]; // no file can hold tokens that all want one slot
    this.seed ??= seed;
    [size, this.seed, longest, 1, this.byCharacter ? 1 : 0].forEach((each, i) => view.setBigUint64(24 + 8 * i, BigInt(each), true));
    return place;
  }

  /** The token ids, Int32Array, of a text without lone surrogates. */
  encode(text) {
    return this.run(this.own, text) ?? this.run(this.normal, this.normalized(text));
  }

  normalized(text) {
    const points = this.unicode.normalize(Array.from(text, (c) => c.codePointAt(0)));
    const parts = [];
    for (let i = 0; i < points.length; i += 4096) parts.push(String.fromCodePoint(...points.slice(i, i + 4096)));
    return parts.join("");
  }

  /** The ids, or null where what becomes of the text depends on neighbours of code points. */
  run(table, text) {
    const { kernels } = this, data = new TextEncoder().encode(text);
    let characters = 0;
    for (const byte of data) characters += (byte & 0xc0) !== 0x80;
    const texts = kernels.put(data), lengths = kernels.put(int64s([characters]));
    const ids = kernels.reserve(4 * GROWTH * Math.max(data.length, 1)), ends = kernels.put(int64s([0, 0]));
    const left = kernels.put(new Uint8Array(1)), place = kernels.put(int64s([0, 0, -1]));
    for (;;) {
      kernels.call("encode_words", table, texts, BigInt(data.length), lengths, 1n, ids, ends, left, place);
      const where = kernels.view(BigInt64Array, place, 3);
      if (where[0] === 1n) break;
      this.fill(Number(where[2]));
    }
    const count = Number(kernels.view(BigInt64Array, ends, 2)[1]), isLeft = kernels.view(Uint8Array, left, 1)[0];
    const found = isLeft ? null : kernels.view(Int32Array, ids, count).slice();
    kernels.release(texts, lengths, ids, ends, left, place);
    return found;
  }

  /** Fill in the entry of a code point, with its neighbours. */
  fill(point) {
    const entries = this.kernels.view(Uint32Array, this.entries, POINTS), start = point - (point % BLOCK);
    for (let each = start; each < start + BLOCK; each++) entries[each] = this.entry(each);
  }

  entry(point) {
    const found = this.unicode.alone(point)?.map(([part, own]) => ((this.unicode.kind(part) << 21) | part | (own << 24)) >>> 0);
    if (!found || found.length > GROWTH * bytesOf(point) || this.used + found.length >= ROOM) return FOREIGN;
    if (found.length === 1) return found[0];
    const place = this.used;
    this.kernels.view(Uint32Array, this.several, ROOM).set([found.length, ...found], place);
    this.used += found.length + 1;
    return ((LETTER << 21) | SEVERAL | place) >>> 0;
  }

  /**
   * The words of a text, {start, end, ids, ends} each: where they stand, their ids, whether a phrase may end there. Their ids
   * one after another are those of the text.
   */
  words(text) {
    const whole = this.encode(text);
    for (const cut of [(t) => this.cut(t), (t) => cutAtSpaces(t), (t) => [{ start: 0, end: t.length, ends: true }]]) {
      const found = cut(text).map((word) => ({ ...word, ids: this.encode(text.slice(word.start, word.end)) }));
      const ids = found.flatMap((word) => Array.from(word.ids));
      if (ids.length === whole.length && ids.every((id, i) => id === whole[i])) return found.filter((word) => word.ids.length);
    }
    return whole.length ? [{ start: 0, end: text.length, ends: true, ids: whole }] : [];
  }

  /** Where words stand, by what becomes of each code point; marks belong to what stands before them. */
  cut(text) {
    const found = [];
    let open = false;
    for (let at = 0; at < text.length; ) {
      BREAK.lastIndex = at;
      const broken = BREAK.exec(text);
      if (broken) {
        at += broken[0].length, open = false;
        continue;
      }
      const point = text.codePointAt(at), end = at + (point > 0xffff ? 2 : 1), parts = this.unicode.alone(point);
      const kinds = parts?.map(([part]) => this.unicode.kind(part)) ?? [];
      const mark = !parts || this.unicode.classes.has(point) || point === 0x200d || (point >= 0xfe00 && point <= 0xfe0f);
      const last = found[found.length - 1];
      if (mark && last?.end === at) last.end = end;
      else if (kinds.every((kind) => kind === SPACE) && !mark) open = false;
      else {
        const isLetter = !kinds.includes(ALONE) && !kinds.includes(SPACE), spelled = !this.byCharacter || isSpelled(point);
        if (isLetter && open && spelled && last?.end === at && !last.ends) last.end = end;
        else found.push({ start: at, end, ends: !isLetter });
        open = isLetter && spelled;
      }
      at = end;
    }
    return found;
  }
}

/** Whether a code point is a letter of a script that is written with spaces between words. */
const isSpelled = (point) => point < 0xe00;

const bytesOf = (point) => 1 + (point > 0x7f) + (point > 0x7ff) + (point > 0xffff);

const cutAtSpaces = (text) =>
  Array.from(text.matchAll(/[^ \t\n\r\0]+/g), (m) => ({ start: m.index, end: m.index + m[0].length, ends: true }));
