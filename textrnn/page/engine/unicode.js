/** Normal forms, lower case and the kinds of code points, by tables that come with the model: no browser's own Unicode. */

export const LETTER = 1, ALONE = 2, SPACE = 3; // as words.c has them
const HANGUL = 0xac00, LEADS = 19, VOWELS = 21, TAILS = 28;

export class Unicode {
  /** `bytes` are what textrnn/export/html_tables.py writes. */
  constructor(bytes) {
    const next = reader(bytes);
    this.classes = new Map(entries(next, () => next()));
    this.decompositions = new Map(entries(next, () => Array.from({ length: next() }, next)));
    this.lower = new Map(entries(next, (point) => Array.from({ length: next() }, () => point + signed(next()))));
    this.pairs = new Map();
    this.joins = new Set();
    for (const [first, found] of entries(next, () => Array.from({ length: next() }, () => [next(), next()])))
      for (const [second, whole] of found) this.pairs.set(key(first, second), whole), this.joins.add(second);
    this.kinds = new Map();
    for (const [start, [length, kind]] of entries(next, () => [next(), next()]))
      for (let i = 0; i < length; i++) this.kinds.set(start + i, kind);
  }

  kind(point) {
    return this.kinds.get(point) ?? LETTER;
  }

  /** The code points of a text (an array of them) in the normal form, then in lower case. */
  normalize(points) {
    return this.compose(this.order(points.flatMap((point) => this.decompose(point)))).flatMap((p) => this.lower.get(p) ?? [p]);
  }

  decompose(point) {
    const index = point - HANGUL;
    if (index < 0 || index >= LEADS * VOWELS * TAILS) return this.decompositions.get(point) ?? [point];
    const tail = index % TAILS;
    const found = [0x1100 + Math.floor(index / (VOWELS * TAILS)), 0x1161 + Math.floor((index % (VOWELS * TAILS)) / TAILS)];
    return tail ? [...found, 0x11a7 + tail] : found;
  }

  /** Marks in the order of their classes. */
  order(points) {
    const found = [];
    let marks = [];
    const put = () => {
      if (marks.length > 1) marks.sort((a, b) => this.classes.get(a) - this.classes.get(b)); // stable
      for (const mark of marks) found.push(mark);
      marks = [];
    };
    for (const point of points) {
      if (this.classes.has(point)) marks.push(point);
      else put(), found.push(point);
    }
    put();
    return found;
  }

  compose(points) {
    const found = [];
    let starter = -1, last = 0; // its place, the class of what was kept since
    for (const point of points) {
      const own = this.classes.get(point) ?? 0, free = starter >= 0 && (starter === found.length - 1 || last < own);
      const whole = free ? this.joined(found[starter], point) : undefined;
      if (whole !== undefined) {
        found[starter] = whole;
        continue;
      }
      if (own) last = own;
      else (starter = found.length), (last = 0);
      found.push(point);
    }
    return found;
  }

  joined(first, second) {
    const lead = first - 0x1100, vowel = second - 0x1161, tail = second - 0x11a7, index = first - HANGUL;
    if (lead >= 0 && lead < LEADS && vowel >= 0 && vowel < VOWELS) return HANGUL + (lead * VOWELS + vowel) * TAILS;
    if (index >= 0 && index < LEADS * VOWELS * TAILS && index % TAILS === 0 && tail > 0 && tail < TAILS) return first + tail;
    return this.pairs.get(key(first, second));
  }

  /** What becomes of a code point wherever it stands: [point, class] each; null where that depends on its neighbours. */
  alone(point) {
    const normal = this.compose(this.order(this.decompose(point))), [first] = normal;
    if (this.joins.has(first) || (first >= 0x1161 && first <= 0x11ff)) return null;
    if (this.classes.has(first) && normal.length > 1) return null;
    return normal.flatMap((each) => {
      const parts = this.lower.get(each) ?? [each];
      return parts.map((part, i) => [part, i ? 0 : (this.classes.get(each) ?? 0)]);
    });
  }
}

const key = (first, second) => first * 0x110000 + second;
const signed = (n) => (n & 1 ? -(n + 1) / 2 : n / 2);

/** A function that gives the next number, seven bits a byte. */
function reader(bytes) {
  let at = 0;
  return () => {
    let found = 0, factor = 1;
    for (; bytes[at] > 127; factor *= 128) found += (bytes[at++] & 127) * factor;
    return found + bytes[at++] * factor;
  };
}

/** Pairs of a rising code point and what `read` gives for it. */
function entries(next, read) {
  let point = -1;
  return Array.from({ length: next() }, () => {
    point += next() + 1;
    return [point, read(point)];
  });
}
