/** CSV: read with its own separator, and written. */

/** The rows of a file's text, arrays of cells; empty lines are left out. */
export function parseCsv(text) {
  const source = text.replace(/^\ufeff/, ""), separator = separatorOf(source), rows = [];
  let row = [], cell = "", quoted = false;
  const end = () => {
    row.push(cell);
    if (row.length > 1 || row[0] !== "") rows.push(row);
    (row = []), (cell = "");
  };
  for (let i = 0; i < source.length; i++) {
    const c = source[i];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (source[i + 1] === '"') (cell += '"'), i++;
      else quoted = false;
    } else if (c === '"' && cell === "") quoted = true;
    else if (c === separator) row.push(cell), (cell = "");
    else if (c === "\n" || c === "\r") {
      if (c === "\r" && source[i + 1] === "\n") i++;
      end();
    } else cell += c;
  }
  if (cell !== "" || row.length) end();
  return rows;
}

/** The one of `, ; tab` that stands most often in the first line, outside quotes. */
function separatorOf(text) {
  const line = text.slice(0, 10000).replace(/"[^"]*"/g, "").split(/[\r\n]/, 1)[0];
  const times = (c) => line.split(c).length;
  return [",", ";", "\t"].reduce((best, c) => (times(c) > times(best) ? c : best));
}

export function formatCsv(rows) {
  const quote = (cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return rows.map((row) => row.map((cell) => quote(String(cell))).join(",") + "\r\n").join("");
}

/** The text of a file: UTF-8, else what files of Windows are written in. */
export function decodeText(bytes, languageTag) {
  const start = bytes.subarray(0, 2);
  if (start[0] === 0xff && start[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder(languageTag.startsWith("zh") ? "gb18030" : "windows-1252").decode(bytes);
  }
}
