/** What changed from one text to another, word by word. */

const LARGEST = 600; // words; of longer texts only what stands between their common ends

/** Pieces of both texts in order: {text, kind}, kind "same", "old" or "new". */
export function difference(before, after) {
  const split = (text) => text.match(/[\p{L}\p{M}\p{N}]+|\s+|[^]/gu) ?? [], old = split(before), fresh = split(after);
  let head = 0, tail = 0;
  while (head < old.length && head < fresh.length && old[head] === fresh[head]) head++;
  while (tail < old.length - head && tail < fresh.length - head && old.at(-1 - tail) === fresh.at(-1 - tail)) tail++;
  const a = old.slice(head, old.length - tail), b = fresh.slice(head, fresh.length - tail), found = [];
  const put = (text, kind) => {
    const last = found.at(-1);
    if (last?.kind === kind) last.text += text;
    else if (text) found.push({ text, kind });
  };
  put(old.slice(0, head).join(""), "same");
  if (a.length > LARGEST || b.length > LARGEST) put(a.join(""), "old"), put(b.join(""), "new");
  else align(a, b, put);
  put(old.slice(old.length - tail).join(""), "same");
  return found;
}

/** By the longest common subsequence. */
function align(a, b, put) {
  const width = b.length + 1, lengths = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i * width + j] = a[i] === b[j]
        ? lengths[(i + 1) * width + j + 1] + 1
        : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
  let i = 0, j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) put(a[i++], "same"), j++;
    else if (j >= b.length || (i < a.length && lengths[(i + 1) * width + j] >= lengths[i * width + j + 1])) put(a[i++], "old");
    else put(b[j++], "new");
  }
}
