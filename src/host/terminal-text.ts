/** Text of r14's own for a terminal: names, paths and strings of guests and files are in it, and none of them may move its cursor or give it orders. */

/** Controls but newline and tab, and what turns the writing's direction. */
const ORDERS = /(?![\n\t])\p{Cc}|\p{Bidi_Control}|\p{Zl}|\p{Zp}/u;

/** The text with each of these spelt out: `\x1b`, `\u202e`. */
export function terminalText(text: string): string {
  return ORDERS.test(text) ? text.replace(new RegExp(ORDERS, 'gu'), spelt) : text;
}

/** Those that JSON leaves as they are, as JSON spells them: a line of it stays one. */
function spelt(char: string): string {
  const code = char.charCodeAt(0);
  return code < 0x20 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Characters of one answer. */
const MOST = 1 << 22;

/** As much of a text as anybody reads, and how much more there is. */
export function boundedText(text: string): string {
  return text.length <= MOST ? text : `${text.slice(0, MOST)}... (${text.length - MOST} more characters)`;
}
