/** Facts reach the printer as facts: nothing in the debugger or the screen decides by the text of a value that it has printed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const src = join(import.meta.dirname, '../src');

/** Names of variables that hold what was printed, or said of a value, in this code. */
const PRINTED = '(?:value|text|shown|output|origin|place|message|role|meaning|parameter|seam|lost|args|where|line|told)';

/** A question to such a text: a regular expression on it, a part of it, a comparison with what a printer writes. */
const DECISIONS = [
  new RegExp(String.raw`/\.(?:test|exec)\((?:\w+[.!?]+)*${PRINTED}\)`),
  new RegExp(String.raw`\b${PRINTED}!?\??\.(?:startsWith|endsWith|includes|match|search|matchAll)\(`),
  new RegExp(String.raw`\b${PRINTED} [!=]== '(?:nil|0x0|<[a-z ]+>|\(unreadable.*)'`),
];

/** Folders that handle values, and not what a user has typed. */
const FOLDERS = ['values', 'evaluate', 'code', 'stack', 'lens', 'memory', 'show', 'run', 'why'].map(folder => `debugger/${folder}/`);
const SCREEN = ['tui/panes/', 'tui/view/'];

/** What asks a text all the same, and why it may. */
const EXCEPTIONS: readonly { readonly file: string; readonly asks: string; readonly because: string }[] = [
  { file: 'debugger/why/ending.ts', asks: '.exec(ending.message)', because: "the message is the program's own" },
  { file: 'debugger/values/format.ts', asks: '.exec(text)', because: 'the text is a format that the user has typed' },
  {
    file: 'debugger/values/numbers.ts',
    asks: "text.includes('e')",
    because: "JavaScript's own printing of a number is brought into Go's form",
  },
  {
    file: 'debugger/values/numbers.ts',
    asks: "text.includes('.')",
    because: "JavaScript's own printing of a number is brought into C's form",
  },
  {
    file: 'debugger/values/time.ts',
    asks: '.test(text)',
    because: "JavaScript's own printing of a date tells whether its year has four digits",
  },
  { file: 'tui/panes/output.ts', asks: 'line.startsWith(REPORT)', because: 'the line is what the program has written' },
  ...['text.includes(view.stop.detail)', '.exec(text)', 'text.startsWith(', 'text.startsWith(MENDS)'].map(asks => ({
    file: 'tui/panes/why.ts',
    asks,
    because: 'the sentences of why are all there is of it: how they are marked and ordered decides nothing but that',
  })),
];

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(file => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file));

function decisions(): readonly string[] {
  const found: string[] = [];
  for (const file of files.filter(each => [...FOLDERS, ...SCREEN].some(folder => each.startsWith(folder))).sort()) {
    for (const line of readFileSync(join(src, file), 'utf8').split('\n')) {
      if (DECISIONS.some(pattern => pattern.test(line))) found.push(`${file}: ${line.trim()}`);
    }
  }
  return found;
}

it('no decision is made by printed text, but for those that are listed', () => {
  const allowed = (found: string) => EXCEPTIONS.some(({ file, asks }) => found.startsWith(`${file}: `) && found.includes(asks));
  expect(decisions().filter(found => !allowed(found))).toEqual([]);
});

it('each exception is still there', () => {
  const found = decisions();
  for (const { file, asks } of EXCEPTIONS) {
    expect(
      found.filter(each => each.startsWith(`${file}: `) && each.includes(asks)),
      `${file}: ${asks}`,
    ).not.toEqual([]);
  }
});
