/** Looking into the race detector of real programs: what r14 tells is what gdb reads in a native process at the same place. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nodePorts } from '../../src/host/node/ports.js';
import { openImage } from '../../src/image/image.js';
import { racectxOffset } from '../../src/runtime/layout.js';
import type { RaceBytes } from '../../src/runtime/race/inside/copy.js';
import { findRaceState } from '../../src/runtime/race/inside/find.js';
import { RaceInside } from '../../src/runtime/race/inside/inside.js';
import { buildGo, type GoOptions, missing, runNative, TOOLCHAINS, type Toolchain, toolchain, toolchains } from '../support/build.js';
import { type Debugging, debug } from '../support/debug.js';
import { type GdbFacts, gdbFacts, LOOKED, offsetsOf, SETTING, SYNCS, VARIABLES } from '../support/race-inside.js';
import { takeSnapshot } from '../support/snapshot.js';

const ENVIRONMENT = Object.entries(SETTING).flatMap(([name, value]) => ['--env', `${name}=${value}`]);

async function looked(options: GoOptions): Promise<Debugging> {
  const debugging = debug(buildGo('race-inside', { race: true, ...options }), ENVIRONMENT);
  await debugging.text(`break *${LOOKED}`);
  expect(await debugging.data('continue')).toMatchObject({ reason: 'breakpoint', goroutine: 1 });
  return debugging;
}

/** The same facts as r14's commands tell them. */
async function factsOf(at: Debugging): Promise<GdbFacts> {
  const rows: readonly { tid: number; status: string; sid: number; epoch: number }[] = await at.data('race threads');
  const threads = [];
  for (const { tid, status, sid, epoch } of rows) {
    const clock = clockFrom(await at.data(`race clock tid${tid}`));
    threads.push({ tid, status: ['', 'created', 'running', 'finished', 'dead'].indexOf(status), sid, epoch, clock });
  }
  const cells: Record<string, readonly number[]> = {};
  for (const name of VARIABLES) {
    const shadow: { cells: readonly { word: string }[] } = await at.data(`shadow main.${name}`);
    cells[name] = shadow.cells.map(({ word }) => Number(word));
  }
  const syncs: Record<string, readonly number[]> = {};
  for (const name of SYNCS) {
    const address = BigInt(await at.data(`print &main.${name}`).then(text => /0x[0-9a-f]+/.exec(JSON.stringify(text))![0]));
    const found: readonly { address: string; clock: readonly Entry[] }[] = await at.data(`race sync main.${name}`);
    syncs[name] = clockFrom(found.find(each => BigInt(each.address) === address)!.clock);
  }
  return { threads, cells, syncs };
}

interface Entry {
  readonly sid: number;
  readonly epoch: number;
}

function clockFrom(entries: readonly Entry[]): readonly number[] {
  const clock = Array.from({ length: 255 }, () => 0);
  for (const { sid, epoch } of entries) clock[sid] = epoch;
  return clock;
}

describe('the race detector of a real program', () => {
  for (const name of toolchains()) {
    it(`has the threads, clocks, cells and SyncVars that gdb reads natively (${name})`, async () => {
      const at = await looked({ toolchain: name });
      const native = gdbFacts(buildGo('race-inside', { race: true, toolchain: name }), offsetsOf(toolchain(name)!));
      expect(native.threads.length).toBeGreaterThan(6);
      expect(await factsOf(at)).toEqual(native);
    });
  }

  it.each([...TOOLCHAINS])('is found, and g has its racectx where the table says (%s)', async (name: Toolchain) => {
    if (missing(name) !== undefined) return;
    const at = await looked({ toolchain: name });
    const image = at.session.target.images.goImage!;
    const { version } = image.go!;
    expect(racectxOffset(() => undefined, version)).toBe(racectxOffset(type => image.typeNamed(type), version));
    const rows: readonly { goroutine: number | null; tid: number }[] = await at.data('race threads');
    expect(rows.find(({ tid }) => tid === 1)!.goroutine).toBe(1);
  });

  const why = missing('go1.26');

  it.skipIf(why)(`is found without symbols${why ? ` (skipped: ${why})` : ''}`, async () => {
    const [whole, stripped] = [await looked({}), await looked({ ldflags: '-s -w' })];
    const rows: readonly { goroutine: number }[] = await whole.data('race threads');
    expect(await stripped.data('race threads')).toEqual(rows);
    expect(await stripped.data('race clock')).toEqual(await whole.data('race clock'));
  });

  it.skipIf(why)(`built for GOAMD64=v3 is read from a native process${why ? ` (skipped: ${why})` : ''}`, context => {
    const binary = buildGo('race-inside', { race: true, level: 'v3' });
    if (!runNative(binary).stdout.startsWith('6 ')) context.skip('this processor is none of GOAMD64=v3');
    const setting = Object.entries(SETTING).map(([name, value]) => `set environment ${name} ${value}`);
    const snapshot = takeSnapshot(binary, [...setting, 'set language c', `break *(unsigned long)&'${LOOKED}'`, 'run'], 'race');
    const image = openImage(readFileSync(binary), binary, 0n, nodePorts.unpack);
    const bytes: RaceBytes = {
      allows: (address, length) => {
        try {
          return snapshot.read(address, length).length === length;
        } catch {
          return false;
        }
      },
      read: (address, length) => snapshot.read(address, length),
      readU64: address => new DataView(snapshot.read(address, 8).buffer).getBigUint64(0, true),
    };
    const state = findRaceState(image, bytes);
    if (typeof state === 'string') throw new Error(state);
    const offsets = offsetsOf(toolchain('go1.26')!, 'v3');
    expect(state.clock).toBe(offsets.clock);
    const inside = new RaceInside(state, bytes);
    const native = gdbFacts(binary, offsets);
    const threads = [...inside.threads()].filter(each => each.state !== 0);
    expect(threads.map(each => [each.tid, each.slot?.sid, each.slot?.epoch, ...inside.clockOf(each)!])).toEqual(
      native.threads.map(({ tid, sid, epoch, clock }) => [tid, sid, epoch, ...clock]),
    );
    const word = image.symbolsNamed('main.word')[0]!.address;
    expect(inside.cells(Number(word))!.map(cell => cell.word)).toEqual(native.cells.word);
  });

  it.skipIf(why)(`tells what has no shadow${why ? ` (skipped: ${why})` : ''}`, async () => {
    const at = await looked({});
    const says = async (line: string): Promise<string> => (await at.run(line)).output;
    expect(await says('shadow 0x7ffff000')).toMatch(
      /\^ 0x7ffff000 has no shadow: the race detector watches 0x\w+-0x\w+ \(data\) and 0xc000000000-0xc004000000 \(heap\) only$/,
    );
    const { shadow, address }: { shadow: string; address: string } = await at.data('shadow main.word');
    expect(await says(`shadow ${shadow}`)).toContain(`${shadow} is in the race detector's shadow itself, of ${address}`);
    expect(await says('race clock 99')).toContain('no goroutine 99');
    expect(await says('race clock tid99')).toContain('no tid 99: there were');
    expect(await says('race sync main.word')).toMatch(/^Nothing was released or acquired at/);
    const plain = debug(buildGo('race-inside'));
    expect((await plain.run('shadow 0xc000000000')).output).toContain(
      'this program has no race detector in it: go build -race puts one in',
    );
    const early = debug(buildGo('race-inside', { race: true }));
    expect((await early.run('race threads')).output).toBe('the race detector has not begun yet: runtime.raceinit starts it');
  });

  it.skipIf(why)(`keeps of a goroutine what it did${why ? ` (skipped: ${why})` : ''}`, async () => {
    const at = await looked({});
    const history = await at.text('race history tid8 100');
    const order = ['write of 1 at', 'main.first at', 'call from main.first', 'read of 1 at'].map(part => history.indexOf(part));
    expect(order.every(index => index >= 0)).toBe(true);
    expect(history.match(/write of 8 at 0x\w+ {2}main\.first at/)).not.toBeNull();
  });
});
