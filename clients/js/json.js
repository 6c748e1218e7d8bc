/**
 * JSON whose whole numbers beyond 2^53 are BigInt, so that marks and sequences keep every digit.
 *
 * JSON.parse() would round them, and JSON.stringify() writes the mark 1<<63 with other digits than the server knows.
 */

const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const LONG_INTEGER = /^-?\d{16,}$/;
// Stands for a BigInt while JSON is read or written: the server accepts no text that holds NUL.
const MARKED = /^\0n(-?\d+)$/;
const MARKED_IN_JSON = /"\\u0000n(-?\d+)"/g;

/** Return the value of a JSON text; throws SyntaxError. */
export function parse(text) {
  let hasBigInt = false;
  const mark = (token) => {
    if (!LONG_INTEGER.test(token) || Number.isSafeInteger(Number(token))) return token;
    hasBigInt = true;
    return `"\\u0000n${token}"`;
  };
  const marked = /\d{16}/.test(text) ? text.replace(STRING_OR_NUMBER, mark) : text;
  return hasBigInt ? JSON.parse(marked, revive) : JSON.parse(text);
}

/** Return the JSON of a value that may hold BigInt, or undefined for undefined. */
export function stringify(value) {
  const text = JSON.stringify(value, (_key, part) => (typeof part === "bigint" ? `\0n${part}` : part));
  return text?.replace(MARKED_IN_JSON, "$1");
}

function revive(_key, value) {
  const marked = typeof value === "string" ? MARKED.exec(value) : null;
  return marked ? BigInt(marked[1]) : value;
}
