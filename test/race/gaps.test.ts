/** What the race detector's model is known not to have: docs/race.md, row by row. A gap that is closed fails here until its row has gone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Image } from '../../src/image/api.js';
import { parseGorace } from '../../src/runtime/race/gorace.js';
import { findRaceState } from '../../src/runtime/race/inside/find.js';
import { replayScript } from '../../src/runtime/race/replay.js';
import { runR14 } from '../support/build.js';
import { RECORDED_RELEASES } from '../support/race.js';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const rows = new Map([...read('docs/race.md').matchAll(/^\| `([^`]+)` \| (.*) \|$/gm)].map(([, gap, text]) => [gap!, text!]));

const replay = (script: string, model: 'v3' | 'fasttrack'): string => {
  let printed = '';
  replayScript(script, {
    model,
    print: text => {
      printed += text;
    },
  });
  return printed;
};

/** Whether each is still so. */
const STILL: Readonly<Record<string, () => void>> = {
  options: () => {
    const named = [...rows.get('options')!.matchAll(/`(\w+)`/g)].map(([, name]) => name!).filter(name => name !== 'GORACE');
    const all = parseGorace('help=1').said.matchAll(/^\t(\w+)$/gm);
    const idle = [...all].map(([, name]) => name!).filter(name => parseGorace(`${name}=1`).withoutEffect.length > 0);
    expect(named.sort()).toEqual(idle.sort());
  },
  help: () => expect(parseGorace('help=1').said).toMatch(/^\texitcode\n\t\t- \(Current Value: 66\)\n/m),
  v2: () => expect(RECORDED_RELEASES.map(([release]) => Number(release.split('.')[1]))).toEqual([26, 19]),
  precise: () => {
    const script = 'start 0 1 0x10\nw 0 0 0x20\nr 1 0 0x30\nsh 0\n';
    expect(replay(script, 'v3')).toContain('sh[0]: {acc=');
    expect(replay(script, 'fasttrack')).toContain('sh[0]: 0:raced\n');
  },
  'system calls': () => {
    const calls = (race: boolean): Readonly<Record<string, number>> => {
      const { stderr } = runR14(['run', '--stats', '--race', String(race), 'race-counter']);
      return JSON.parse(stderr.trimEnd().split('\n').at(-1)!).calls;
    };
    expect(calls(false).others).toBeUndefined();
    expect(calls(true).others).toBeGreaterThan(400);
  },
  generations: () => {
    const memory = { allows: () => false, read: () => new Uint8Array(), readU64: () => 0n };
    const image = (version: string) =>
      ({
        go: { version, path: 'main', settings: new Map([['-race', 'true']]) },
        functionsNamed: () => [],
        symbolsNamed: () => [],
      }) as unknown as Image;
    for (const version of ['go1.18.10', 'go1.99']) expect(findRaceState(image(version), memory)).toContain('shows nothing of others');
  },
};

it('each gap is asked about', () => expect([...rows.keys()]).toEqual(Object.keys(STILL)));

it.each(Object.entries(STILL))('still so: %s', (_, check) => check());
