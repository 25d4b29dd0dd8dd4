/** What a command answers: text for people, and the same as data. */
import { boundedText, terminalText } from '../host/terminal-text.js';

/** Anything that JSON can say. Addresses and register values go in as `0x...` strings. */
export type Data = null | boolean | number | string | readonly Data[] | { readonly [key: string]: Data };

/** What a handler gives back: lines for people, and the same facts as data. */
export interface Answer {
  readonly output: string;
  readonly data: Data;
  /** It is printed as it is: without a newline behind it. */
  readonly open?: boolean;
}

/** What is printed of it, to the character. */
export const printedAnswer = ({ output, open }: Pick<Answer, 'output' | 'open'>): string =>
  output === '' || open ? output : `${terminalText(boundedText(output))}\n`;

/** An answer that is only text. */
export function text(output: string, data: Data = null): Answer {
  return { output, data };
}
