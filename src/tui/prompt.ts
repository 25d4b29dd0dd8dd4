/** The command line as it is drawn: the part around the cursor. */
import type { EditedLine } from './editor.js';
import { beginning, clusters, type Row, span } from './text.js';
import widthOf from './width.js';

/** A newline in the line: several commands. */
const NEWLINE = '↵';

/** `asked`: what stands in front of it. */
export function promptRow({ text, cursor, search }: EditedLine, width: number, asked = '(r14) '): Row {
  const head = search === undefined ? asked : `(${search.failed ? 'not found' : 'search'}: ${search.query}) `;
  const room = Math.max(2, width - widthOf(head));
  const shown = (part: string): string => part.replaceAll('\n', NEWLINE);
  const behind = clusters(beginning(shown(text.slice(cursor, cursor + room)), room));
  const under = behind.shift() ?? ' ';
  // As much before the cursor as there is room for.
  const written = clusters(shown(text.slice(Math.max(0, cursor - 2 * room), cursor)));
  let before = '';
  while (written.length > 0 && widthOf(written.at(-1)! + before) <= room - widthOf(under)) before = written.pop()! + before;
  return [span(head, 'prompt'), span(before), span(under, 'cursor'), span(behind.join(''))];
}
