/** The editor of the command line, in readline's accent: pure, a table of keys. */

/** What is found while ctrl-r is in effect. */
export interface Search {
  readonly query: string;
  readonly failed: boolean;
  /** The line to go back to. */
  readonly before: EditedLine;
}

export interface EditedLine {
  /** May hold newlines of a paste: a command a line. */
  readonly text: string;
  /** Index in `text`, at the beginning of a character as users count them. */
  readonly cursor: number;
  /** What was cut last. */
  readonly killed: string;
  /** Which line of the history is shown; -1: the one being written, which `draft` keeps. */
  readonly recalled: number;
  readonly draft: string;
  readonly search?: Search | undefined;
}

/** Newest first. */
type History = readonly string[];

export interface EditRow {
  readonly keys: readonly string[];
  readonly summary: string;
  readonly edit: (line: EditedLine, history: History) => EditedLine;
}

export const EMPTY: EditedLine = { text: '', cursor: 0, killed: '', recalled: -1, draft: '' };

export const EDITS: readonly EditRow[] = [
  { keys: ['left', 'ctrl-b'], summary: 'a character back', edit: line => at(line, before(line.text, line.cursor)) },
  { keys: ['right', 'ctrl-f'], summary: 'a character on', edit: line => at(line, after(line.text, line.cursor)) },
  { keys: ['alt-b', 'ctrl-left', 'alt-left'], summary: 'a word back', edit: line => at(line, wordBefore(line)) },
  { keys: ['alt-f', 'ctrl-right', 'alt-right'], summary: 'a word on', edit: line => at(line, wordAfter(line)) },
  { keys: ['home', 'ctrl-a'], summary: 'to the beginning', edit: line => at(line, 0) },
  { keys: ['end', 'ctrl-e'], summary: 'to the end', edit: line => at(line, line.text.length) },
  { keys: ['backspace'], summary: 'delete the character before', edit: line => remove(line, before(line.text, line.cursor), line.cursor) },
  {
    keys: ['delete', 'ctrl-d'],
    summary: 'delete the character here',
    edit: line => remove(line, line.cursor, after(line.text, line.cursor)),
  },
  { keys: ['ctrl-w'], summary: 'cut the word before, up to a space', edit: line => kill(line, blankBefore(line), line.cursor) },
  { keys: ['alt-backspace'], summary: 'cut the word before', edit: line => kill(line, wordBefore(line), line.cursor) },
  { keys: ['alt-d'], summary: 'cut the word here', edit: line => kill(line, line.cursor, wordAfter(line)) },
  { keys: ['ctrl-u'], summary: 'cut up to here', edit: line => kill(line, 0, line.cursor) },
  { keys: ['ctrl-k'], summary: 'cut from here on', edit: line => kill(line, line.cursor, line.text.length) },
  { keys: ['ctrl-y'], summary: 'put in what was cut', edit: line => insert(line, line.killed) },
  { keys: ['up', 'ctrl-p'], summary: 'the command before', edit: (line, history) => recall(line, history, line.recalled + 1) },
  { keys: ['down', 'ctrl-n'], summary: 'the command after', edit: (line, history) => recall(line, history, line.recalled - 1) },
  { keys: ['ctrl-r'], summary: 'search the history', edit: searched },
];

/** What a key does to the line. Keys that edit nothing leave it as it is. */
export function edit(line: EditedLine, history: History, name: string, text: string): EditedLine {
  if (line.search === undefined) {
    return name === '' ? insert(line, text) : (EDITS.find(row => row.keys.includes(name))?.edit(line, history) ?? line);
  }
  const { query, before } = line.search;
  if (name === '') return find(line, history, query + text, line.recalled);
  if (name === 'ctrl-r') return find(line, history, query, line.recalled + 1);
  if (name === 'backspace') return find({ ...line, recalled: -1 }, history, query.slice(0, -1), 0);
  if (name === 'escape' || name === 'ctrl-g' || name === 'ctrl-c') return before;
  return edit({ ...line, search: undefined }, history, name, text);
}

/** Puts text in at the cursor. */
export function insert(line: EditedLine, text: string): EditedLine {
  const changed = line.text.slice(0, line.cursor) + text + line.text.slice(line.cursor);
  return { ...line, text: changed, cursor: line.cursor + text.length, search: undefined };
}

/** A paste as it goes into the line: what moves cursors or rings bells is spelt out, `\x1b`. */
export const spelt = (pasted: string): string =>
  pasted
    .replaceAll('\t', ' ')
    .replace(/\n+$/, '')
    .replace(/[^\P{C}\n]/gu, character => {
      const code = character.codePointAt(0)!;
      return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
    });

const at = (line: EditedLine, cursor: number): EditedLine => ({ ...line, cursor });

const remove = (line: EditedLine, from: number, to: number): EditedLine => ({
  ...line,
  text: line.text.slice(0, from) + line.text.slice(to),
  cursor: from,
});

const kill = (line: EditedLine, from: number, to: number): EditedLine =>
  from === to ? line : { ...remove(line, from, to), killed: line.text.slice(from, to) };

function recall(line: EditedLine, history: History, wanted: number): EditedLine {
  const recalled = Math.max(-1, Math.min(history.length - 1, wanted));
  const draft = line.recalled < 0 ? line.text : line.draft;
  const text = recalled < 0 ? draft : history[recalled]!;
  return { ...line, recalled, draft, text, cursor: text.length };
}

function searched(line: EditedLine): EditedLine {
  return { ...line, recalled: -1, search: { query: '', failed: false, before: line } };
}

/** Shows the newest line from `from` on that holds the query; the one that is shown stays when there is none. */
function find(line: EditedLine, history: History, query: string, from: number): EditedLine {
  const search = { ...line.search!, query };
  if (query === '') return { ...line, search: { ...search, failed: false } };
  const found = history.findIndex((old, index) => index >= from && old.includes(query));
  if (found < 0) return { ...line, search: { ...search, failed: true } };
  const text = history[found]!;
  return { ...line, text, cursor: text.indexOf(query), recalled: found, search: { ...search, failed: false } };
}

const characters = new Intl.Segmenter();

/** Index of the character before `index`, letter and accents together. */
function before(text: string, index: number): number {
  // Enough for any cluster that somebody means.
  const from = Math.max(0, index - 64);
  return from + ([...characters.segment(text.slice(from, index))].at(-1)?.index ?? 0);
}

function after(text: string, index: number): number {
  const [first] = characters.segment(text.slice(index, index + 64));
  return index + (first?.segment.length ?? 0);
}

const wordBefore = ({ text, cursor }: EditedLine): number => text.slice(0, cursor).search(/[\p{L}\p{N}_]*[^\p{L}\p{N}_]*$/u);
const blankBefore = ({ text, cursor }: EditedLine): number => text.slice(0, cursor).search(/\S*\s*$/);
const wordAfter = ({ text, cursor }: EditedLine): number => cursor + /^[^\p{L}\p{N}_]*[\p{L}\p{N}_]*/u.exec(text.slice(cursor))![0].length;
