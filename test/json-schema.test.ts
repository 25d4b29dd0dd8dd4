/** What r14 answers as JSON is what docs/json-schema.json says, for every command: a field that the schema does not name fails here. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { shapedCommands } from '../scripts/json-shapes.js';
import type { Outcome } from '../src/debugger/commands/command.js';
import { commandTable } from '../src/debugger/commands/table.js';
import { buildC, buildGo, missing, runR14 } from './support/build.js';
import { type Debugging, debug, debugBundled } from './support/debug.js';
import { LOOKS } from './support/looks.js';

const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../docs/json-schema.json'), 'utf8')) as object;
const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false });
ajv.addSchema(schema, 'r14');

/** What is wrong with a value by a part of the schema. */
function wrong(part: string, value: unknown): readonly string[] {
  const pointer = part.split('/').map(encodeURIComponent).join('/');
  const validate = ajv.getSchema(`r14#/$defs/${pointer}`);
  if (validate === undefined) throw new Error(`the schema has no ${part}`);
  // What it has is judged as JSON has it.
  if (validate(JSON.parse(JSON.stringify(value)))) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => `${part}${instancePath} ${message} ${JSON.stringify(params)}`);
}

function wrongOutcome(name: string, outcome: Outcome): readonly string[] {
  const { command, ok, data } = outcome;
  const faults = wrong('Outcome', outcome);
  if (!ok) return [...faults, ...(data === null ? [] : wrong('Failure', data))];
  if (shapedCommands.includes(name)) return [...faults, ...wrong(`commands/$defs/${name}`, data).map(fault => `${command}: ${fault}`)];
  return data === null ? faults : [...faults, `${command}: ${name} has data of no shape: ${JSON.stringify(data).slice(0, 200)}`];
}

/** Lines that let the program run, by the commands that they are of. */
const MOVES: readonly (readonly [name: string, line: string])[] = [
  ...['stepi', 'nexti', 'step', 'next', 'finish', 'reverse-stepi', 'reverse-nexti', 'reverse-step', 'reverse-next', 'why'].map(
    (name): [string, string] => [name, name],
  ),
  ['mark', 'mark here'],
  ['seek', 'seek 50'],
  ['seek', 'seek end'],
  ['goto', 'goto here'],
  ['origin', 'origin rsp'],
  ['branches', 'branches'],
  ['set', 'set rax = 1'],
  ['what-if', 'what-if set rax = 2'],
  ['branch', 'branch 1'],
  ['race why', 'race why'],
  ['race second-opinion', 'race second-opinion'],
  ['hb', 'hb 1 2'],
  ['advance', 'advance main'],
  ['until', 'until'],
  ['reverse-continue', 'reverse-continue'],
  ['continue', 'continue'],
  ['restart', 'restart'],
  ['kill', 'kill'],
];

interface Program {
  readonly name: string;
  readonly open: () => Debugging;
  readonly stops: readonly string[];
  readonly why?: string | undefined;
}

const gcc = missing('gcc');
const go = missing('go1.26');
const PROGRAMS: readonly Program[] = [
  { name: 'newproc-race', open: () => debugBundled('newproc-race'), stops: ['continue'] },
  { name: 'race-counter', open: () => debugBundled('race-counter', undefined, true), stops: ['break race', 'continue'] },
  { name: 'closures', open: () => debugBundled('closures'), stops: ['break main.main', 'continue'] },
  { name: 'Go: steps', open: () => debug(buildGo('steps')), stops: ['break main.calls', 'continue'], why: go },
  { name: 'Go: panics', open: () => debug(buildGo('panics')), stops: ['continue'], why: go },
  { name: 'C: watched', open: () => debug(buildC('watched')), stops: ['break main', 'continue', 'next'], why: gcc },
  { name: 'C: signals', open: () => debug(buildC('signals', { static: true })), stops: ['continue'], why: gcc },
];

describe.each(PROGRAMS)('answers about $name', ({ open, stops, why }) => {
  it.skipIf(why)(`are as the schema says${why === undefined ? '' : ` (skipped: ${why})`}`, async () => {
    const at = open();
    const faults: string[] = [];
    const judge = async (name: string, line: string): Promise<void> => {
      faults.push(...wrongOutcome(name, await at.run(line)));
    };
    const lookAll = async (): Promise<void> => {
      for (const [name, lines] of Object.entries(LOOKS)) for (const line of lines) await judge(name, line);
    };
    await lookAll();
    for (const line of stops) await judge(line.split(' ')[0]!, line);
    await lookAll();
    for (const [name, line] of MOVES) await judge(name, line);
    await lookAll();
    expect(faults).toEqual([]);
  });
});

describe('the schema', () => {
  it('has commands of the table only', () => {
    const names = commandTable.commands.map(({ name }) => name);
    expect(shapedCommands.filter(name => !names.includes(name))).toEqual([]);
  });

  it('refuses what is not so', () => {
    expect(wrong('Stop', { reason: 'step' })).not.toEqual([]);
    expect(wrong('Value', { type: 'int', value: '1', new: 2 })).not.toEqual([]);
    expect(wrong('commands/$defs/info state', { t: '1', hash: 'x' })).not.toEqual([]);
  });
});

it('a saved run is two such lines', async () => {
  const at = debugBundled('race-counter', undefined, true);
  for (const line of ['break main.main', 'mark begin', 'continue', 'mark there', 'save run.r14']) await at.text(line);
  const [head, body] = at.files.get('run.r14')!.split('\n');
  expect(wrong('lines/$defs/FILE.r14, line 1', JSON.parse(head!))).toEqual([]);
  expect(wrong('lines/$defs/FILE.r14, line 2', JSON.parse(body!))).toEqual([]);
});

it.skipIf(go)(`the lines of explore${go === undefined ? '' : ` (skipped: ${go})`}`, () => {
  const { stdout } = runR14(['explore', '--runs', '2', '--workers', '1', '--json', buildGo('race-counter', { race: true })]);
  const lines = stdout.trim().split('\n');
  expect(lines.length).toBeGreaterThan(2);
  expect(lines.flatMap(line => wrong('lines/$defs/explore', JSON.parse(line)))).toEqual([]);
});

describe('lines of other commands', () => {
  let path = 'newproc-race';
  beforeAll(() => {
    if (gcc === undefined) path = buildC('watched');
  });

  it.each([
    ['programs', () => ['programs', '--json']],
    ['info --self', () => ['info', '--self', '--json']],
    ['info', () => ['info', '--json', path]],
    ['lesson --check', () => ['lesson', '--check', '--json', 'closures']],
    ['asm --list', () => ['asm', '--runtime', '--list', '--json', join(import.meta.dirname, '../programs/closures/main.s')]],
  ] as const)('%s', (name, args) => {
    const { status, stdout } = runR14([...args()]);
    const lines = stdout.trim().split('\n');
    expect({ status, some: lines.length > 0, faults: lines.flatMap(each => wrong(`lines/$defs/${name}`, JSON.parse(each))) }).toEqual({
      status: 0,
      some: true,
      faults: [],
    });
  });
});
