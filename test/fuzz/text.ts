/**
 * What is typed, what is in assembly files, and names: `npm run fuzz -- --text`. A step is a line: real ones, cut, joined, nested, repeated, with
 * pieces of others in them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assemble } from '../../src/asm/assemble.js';
import { commandTable } from '../../src/debugger/commands/table.js';
import { Told } from '../../src/host/told.js';
import { demangle } from '../../src/image/demangle/demangle.js';
import { buildC } from '../support/build.js';
import { type Debugging, debug, debugBundled } from '../support/debug.js';
import { Random } from '../vectors/random.js';
import type { Fuzzed } from './fuzzed.js';
import { answersTo, MOST_TIME } from './sessions.js';

interface Line {
  readonly kind: 'command' | 'assembly' | 'name';
  readonly text: string;
}

const PIECES = [
  ...[
    '$pc',
    '$rsp',
    '0x1000',
    '-1',
    '18446744073709551615',
    '1e999',
    '*',
    '**',
    '&',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '`',
    '\\',
    '/x',
    '/99999s',
  ],
  ...[
    'node',
    'node->name',
    'numbers[0]',
    'main',
    'runtime.g',
    '(*node)',
    '((struct node*)0)',
    '@',
    '::',
    '$',
    '$_',
    '<<',
    '>>',
    '&&',
    '?',
    ':',
    '%s',
    '%d',
  ],
  ...[
    '[0:99999999]',
    '[99999999]',
    ' if ',
    ' thread 1',
    '-99999999999999999999',
    '9'.repeat(400),
    'x'.repeat(5000),
    '\x1b[2J',
    '\u202e',
    '\0',
    '世',
    '😀',
  ],
];
/** Lines that lead somewhere. */
const LINES = [
  ...[
    'break main',
    'continue',
    'step',
    'next',
    'finish',
    'bt',
    'p node',
    'p *node',
    'p/x node',
    'ptype node',
    'whatis node',
    'x/4gx $rsp',
    'info locals',
  ],
  ...[
    'disassemble',
    'list',
    'telescope',
    'watch node',
    'display node',
    'set var $rax=1',
    'p $rax*2+1',
    'info line',
    'printf "%s %d\\n", "a", 1',
    'abi',
  ],
  ...[
    'define f',
    'end',
    'while 0',
    'if 1',
    'document f',
    'commands 1',
    'tbreak main if 1==1',
    'info registers',
    'p numbers[0]@4',
    'p (char)65',
    'delete',
  ],
];
/** They end the session, wait for somebody, or run for as long as they are told. */
const LEFT_OUT: ReadonlySet<string> = new Set(['quit', 'exit', 'tui']);

const root = join(import.meta.dirname, '../..');
let sources: readonly string[] | undefined;
const sourceLines = (): readonly string[] =>
  (sources ??= ['src/runtime/bundled', 'programs/closures', 'programs/scheduler'].flatMap(folder =>
    readdirSync(join(root, folder))
      .filter(name => name.endsWith('.s'))
      .flatMap(name => readFileSync(join(root, folder, name), 'utf8').split('\n')),
  ));

function spoiled(random: Random, text: string, others: readonly string[]): string {
  const at = random.below(text.length + 1);
  switch (random.below(8)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + random.pick(PIECES) + text.slice(at);
    case 2:
      return text.slice(0, at) + random.pick(others).slice(random.below(10)) + text.slice(at);
    case 3:
      return text + random.pick(PIECES).repeat(1 + random.below(random.chance(10) ? 3000 : 8));
    case 4:
      return random.pick(PIECES).repeat(random.below(random.chance(10) ? 3000 : 5)) + text;
    case 5:
      return text.slice(0, at) + String.fromCodePoint(random.below(0xd800)) + text.slice(at + 1);
    case 6:
      return text.replace(/\w+/, () => random.pick(others).trim() || 'x');
    default:
      return text;
  }
}

const MANGLED = ['_Z1fi', '_ZN1aIS_E1bES0_', '_Z1fIJiEEvDpT_', '_ZN3foo3barILi1EEEvPKcRS0_', '_ZZ1fvENKUlvE_clEv', '_ZTv0_n24_N1aD0Ev'];
const LETTERS = [
  'S_',
  'S0_',
  'T_',
  'T0_',
  'I',
  'E',
  'N',
  'P',
  'K',
  'R',
  'F',
  'v',
  'i',
  'Dp',
  'J',
  'A3_',
  'M',
  'St',
  'Ss',
  'L',
  'X',
  'cv',
  '1a',
  '2bb',
  'Z',
  'Ul',
  'B1c',
];

function made(seed: number): Line[] {
  const random = new Random(seed);
  if (random.chance(15)) {
    return Array.from({ length: 40 }, () => {
      const at = random.pick(MANGLED);
      const more = Array.from({ length: random.below(random.chance(20) ? 400 : 12) }, () => random.pick(LETTERS)).join('');
      return { kind: 'name', text: at.slice(0, 2 + random.below(at.length)) + more };
    });
  }
  if (random.chance(35)) {
    const lines = sourceLines();
    const from = random.below(lines.length - 40);
    return lines.slice(from, from + 40).map(line => ({ kind: 'assembly', text: random.chance(15) ? spoiled(random, line, lines) : line }));
  }
  const names = commandTable.commands.map(({ name }) => name).filter(name => !LEFT_OUT.has(name));
  return Array.from({ length: 30 }, () => {
    const line = random.chance(50) ? random.pick(LINES) : `${random.pick(names)} ${random.pick([...PIECES, ...LINES])}`;
    return { kind: 'command', text: random.chance(60) ? spoiled(random, line, LINES) : line };
  });
}

function own(work: () => void): string | undefined {
  const begun = process.cpuUsage();
  try {
    work();
  } catch (error) {
    if (!(error instanceof Told)) return `r14's own: ${(error as Error).stack}`;
  }
  const { user, system } = process.cpuUsage(begun);
  return user + system > 1000 * MOST_TIME ? `it took ${(user + system) / 1000} ms` : undefined;
}

async function run(lines: readonly Line[]): Promise<string | undefined> {
  const texts = lines.map(({ text }) => text);
  const kind = lines[0]?.kind;
  if (kind === 'name') {
    for (const text of texts) {
      const wrong = own(() => {
        if (demangle(text).length > 20 * text.length + 4096) throw new Error(`${text.length} characters mean ${demangle(text).length}`);
      });
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }
  if (kind === 'assembly') {
    const text = `#include "textflag.h"\n${texts.join('\n')}\n`;
    return own(() => void assemble({ sources: [{ file: 'a.s', text, package: 'main' }], declarations: [] }));
  }
  const flags = ['--memory', '64M'];
  const session: Debugging = texts.join('').length % 2 === 0 ? debug(buildC('values'), flags) : debugBundled('go-to-c');
  session.session.driver.remaining = 500_000;
  return answersTo(session, texts);
}

export const text: Fuzzed<Line> = { name: 'text', made, run, shown: ({ text: line }) => JSON.stringify(line).slice(0, 400), unit: 'lines' };
