/** How many cells a text takes. The bundle gives this to Ink as well, which measures each character of each row. */
import stringWidth from 'string-width';

/** ASCII, Latin, and the marks and rules that the screen is made of: a cell each. To measure others the first screen would have to wait. */
const PLAIN = /^[ -~¡-¬®-ʯ‐-‧─-▟▲▼●►◄…←→∕⋮↵⏎✓✗]*$/;

/** Whether each UTF-16 unit of a text is a character of one cell. */
export const isPlain = (text: string): boolean => PLAIN.test(text);

/** Cells that a text takes on a terminal: East Asian characters and emoji take two, combining ones none. */
export default function widthOf(text: string): number {
  return isPlain(text) ? text.length : stringWidth(text);
}
