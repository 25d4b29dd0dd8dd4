/** The decoder on the state of r14's model, which is laid out as the real one's: what it finds is what was done. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { GoBuild, Image } from '../../../image/api.js';
import { parseGorace } from '../gorace.js';
import { SparseRaceMemory } from '../memory.js';
import { MODEL_CONTEXT } from '../v3/context.js';
import { TsanV3 } from '../v3/detector.js';
import { PART, RACE_RELEASES, raceRelease, THREAD, THREAD_CONTEXT, TRACE } from '../v3/layout.js';
import type { RaceBytes } from './copy.js';
import { findRaceState } from './find.js';
import { RaceInside, replayCall } from './inside.js';

const HEAP = 0xc0_0000_0000;
const build = (version: string, more: Partial<GoBuild> = {}): Image =>
  ({
    go: { version, path: 'main', settings: new Map([['-race', 'true']]), ...more },
    functionsNamed: () => [],
    symbolsNamed: () => [],
  }) as unknown as Image;
const bundled = build('go1.26', { bundled: true });

const bytesOf = (memory: SparseRaceMemory): RaceBytes => ({
  allows: address => address > 0n && address < 1n << 47n,
  read: (address, length) => Uint8Array.from({ length }, (_, index) => memory.get8(Number(address) + index)),
  readU64: address => BigInt(memory.get64(Number(address))),
});

let memory: SparseRaceMemory;
let model: TsanV3;
let told: { readonly stacks: readonly (readonly number[])[] }[];

function start(release = RACE_RELEASES.at(-1)!): void {
  memory = new SparseRaceMemory();
  told = [];
  model = new TsanV3(
    memory,
    parseGorace('history_size=1', 'v3').flags,
    report => told.push({ stacks: report.mops.map(({ stack }) => stack) }) > 0,
    release,
  );
  model.mapShadow(0x1000, 0x1000);
  model.mapShadow(HEAP, 0x10_0000);
}

function look(): RaceInside {
  const state = findRaceState(bundled, bytesOf(memory));
  if (typeof state === 'string') throw new Error(state);
  return new RaceInside(state, bytesOf(memory));
}

beforeEach(() => start());

describe("the model's state", () => {
  it.each(RACE_RELEASES.map(({ name }) => name))('is found as laid out since Go %s', name => {
    start(raceRelease(name));
    model.start(model.main, 0x401000);
    expect(findRaceState(bundled, bytesOf(memory))).toMatchObject({ context: MODEL_CONTEXT, clock: THREAD.clock, since: name });
  });

  it('has the stacks that the model reports', () => {
    const main = model.start(model.main, 0x401000);
    const other = model.start(main, 0x402000);
    model.enter(other, 0x403000);
    model.enter(other, 0x404000);
    model.range(other, HEAP + 3, 20, 0x404010, true);
    model.exit(other);
    model.release(other, HEAP + 0x100);
    model.enter(other, 0x405000);
    const cell = look().cells(HEAP + 8)![0]!;
    expect(cell).toMatchObject({ write: true, atomic: false, offset: 0, size: 8, tid: 2, epoch: 1 });
    expect(look().restore(cell, HEAP + 8)!.stack).toEqual([0x403000, 0x404000, 0x404010]);
    model.enter(main, 0x406000);
    model.read(main, HEAP + 8, 0x406010);
    expect(told[0]!.stacks[1]).toEqual([0x403000, 0x404000, 0x404010]);
    expect(look().cells(HEAP + 8)![0]!.kind).toBe('marker');
    expect(look().reported).toBe(1);
  });

  it('has whose past is got at an address', () => {
    const one = model.start(model.main, 1);
    model.release(one, HEAP + 0x20);
    const [sync] = look().syncs(HEAP + 0x20)!;
    const { sid } = look().thread(1)!.slot!;
    expect(sync!.clock![sid]).toBe(1);
    expect(look().thread(1)!.slot!.epoch).toBe(2);
    expect(look().syncs(HEAP + 0x28)).toEqual([]);
  });
});

describe('a trace that was overwritten', () => {
  /** Calls enough for several parts, then one access. */
  function long(): RaceInside {
    const main = model.start(model.main, 0x401000);
    for (let call = 0; call < 20_000; call++) {
      model.enter(main, 0x500000);
      model.exit(main);
    }
    model.enter(main, 0x402000);
    model.write(main, HEAP, 0x402010);
    return look();
  }

  const stackAtEnd = (inside: RaceInside): { readonly stack: readonly number[]; readonly lost: number } => {
    const stack: number[] = [];
    let lost = 0;
    for (const event of inside.events(inside.thread(1)!)) {
      if (event.kind === 'lost') lost++;
      replayCall(stack, event);
    }
    return { stack, lost };
  };

  it('loses the part whose place in the list is wrong, and no other', () => {
    const sound = long();
    const context = sound.thread(1)!.context;
    expect(sound.thread(1)!.parts).toBe(3);
    expect(stackAtEnd(sound)).toEqual({ stack: [0x402000], lost: 0 });
    const trace = context + THREAD_CONTEXT.trace;
    memory.set64(memory.get64(trace + TRACE.parts) - PART.node + PART.trace, 0x1234);
    const damaged = look();
    expect(stackAtEnd(damaged)).toEqual({ stack: [0x402000], lost: 1 });
    expect(damaged.restore(damaged.cells(HEAP)![0]!, HEAP)!.stack).toEqual([0x402000, 0x402010]);
  });

  it('loses the events that the words held, and no others', () => {
    const context = long().thread(1)!.context;
    const last = memory.get64(context + THREAD_CONTEXT.trace + TRACE.parts + 8) - PART.node;
    memory.setPair(last + PART.first + 0x100, 7 << 2, 0xffff_ffff);
    const damaged = look();
    expect(stackAtEnd(damaged).lost).toBe(1);
    expect(damaged.restore(damaged.cells(HEAP)![0]!, HEAP)!.stack.at(-1)).toBe(0x402010);
  });

  it('does not hang on a list that is a circle', () => {
    const context = long().thread(1)!.context;
    const root = context + THREAD_CONTEXT.trace + TRACE.parts;
    memory.set64(memory.get64(root), memory.get64(root));
    expect(stackAtEnd(look()).lost).toBe(1);
  });
});

describe('what is not there to look at', () => {
  it.each([
    ['go1.18.10', /the race runtime of go1\.18\.10 is of the generation before \(v2\)/],
    ['go1.28.1', /the race runtime of go1\.28\.1 is not known: r14 reads those of go1\.19 to go1\.27/],
    ['my own', /the race runtime of my own is not known/],
  ])('%s', (version, why) => {
    expect(findRaceState(build(version), bytesOf(memory))).toMatch(why);
  });

  it('is said of other programs', () => {
    expect(findRaceState(undefined, bytesOf(memory))).toMatch(/^this is no Go program/);
    expect(findRaceState(build('go1.26', { settings: new Map() }), bytesOf(memory))).toMatch(/^this program has no race detector/);
  });

  it('is a state whose slots are not where they should be', () => {
    const { layout } = look().state;
    memory.set8(MODEL_CONTEXT + layout.slots + 0x80 * 7 + 0x10, 9);
    expect(findRaceState(bundled, bytesOf(memory))).toBe('the race detector has not begun yet: runtime.raceinit starts it');
  });
});
