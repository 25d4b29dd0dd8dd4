/**
 * Finds ThreadSanitizer's state in a program that was built with -race, or in a bundled one whose detector is r14's model: the same structures. No
 * layout is believed because of a version: it must agree with what lies there.
 */
import type { Image } from '../../../image/api.js';
import { goMinor } from '../../../image/go/version.js';
import { raceContextVariable } from '../../globals.js';
import { MODEL_CONTEXT } from '../v3/context.js';
import { type ContextLayout, EPOCH_LAST, RACE_RELEASES, REGISTRY, SLOT, SLOTS, THREAD, THREAD_CONTEXT } from '../v3/layout.js';
import { CopiedRaceMemory, type RaceBytes } from './copy.js';

/** Releases of Go whose race runtime has these structures. */
const KNOWN = { first: 19, last: 27 } as const;
/** Where ThreadState has its clock: built for any amd64, and for GOAMD64=v3, where it is aligned. */
const CLOCKS = [THREAD.clock, 0x30] as const;
const CONTEXT_BYTES = 0xa08208;
/** Threads that are looked at, from the first and from the last. */
const SAMPLE = 64;

/** Where the state is and how it is laid out; the same for as long as the process is. */
export interface RaceState {
  readonly context: number;
  readonly layout: ContextLayout;
  /** Offset of the clock in ThreadState. */
  readonly clock: number;
  /** First release of Go with this layout, `1.22`. */
  readonly since: string;
}

/** Whether a program has a race runtime: its C functions are in it. */
const isRaceBuild = (image: Image): boolean => image.go?.settings.get('-race') === 'true' || image.functionsNamed('__tsan_init').length > 0;

/** The state, or why there is none to look at, in one line. */
export function findRaceState(image: Image | undefined, memory: RaceBytes): RaceState | string {
  if (image?.go === undefined) return 'this is no Go program: r14 looks into the race detector of Go programs only';
  if (image.go.bundled) return stateAt(MODEL_CONTEXT, memory) ?? NOT_BEGUN;
  if (!isRaceBuild(image)) return 'this program has no race detector in it: go build -race puts one in';
  const { version } = image.go;
  const minor = goMinor(version);
  if (minor === undefined || minor < KNOWN.first || minor > KNOWN.last) {
    const older =
      minor !== undefined && minor < KNOWN.first ? ' is of the generation before (v2), which keeps other cells' : ' is not known';
    return `the race runtime of ${version}${older}: r14 reads those of go1.${KNOWN.first} to go1.${KNOWN.last}, and shows nothing of others`;
  }
  const variable = raceContextVariable(image, memory);
  if (variable === undefined) return 'the race runtime has no symbol __tsan::ctx, and its code does not tell where that is';
  const context = memory.allows(variable, 8, 'read') ? Number(memory.readU64(variable)) : 0;
  if (context === 0) return NOT_BEGUN;
  return (
    stateAt(context, memory) ?? `what __tsan::ctx leads to is laid out as in no release that r14 knows (${version}): nothing of it is shown`
  );
}

const NOT_BEGUN = 'the race detector has not begun yet: runtime.raceinit starts it';

function stateAt(context: number, memory: RaceBytes): RaceState | undefined {
  const copy = new CopiedRaceMemory(memory);
  if (!copy.reads(context, CONTEXT_BYTES)) return undefined;
  for (const { context: layout, name } of RACE_RELEASES) {
    const clock = agrees(copy, context, layout);
    if (clock !== undefined) return { context, layout, clock, since: name };
  }
  return undefined;
}

/** Where the clocks are, when what lies there is a Context of that layout with its slots and threads. */
function agrees(copy: CopiedRaceMemory, context: number, layout: ContextLayout): number | undefined {
  for (let sid = 0; sid < SLOTS; sid++) if (copy.get8(context + layout.slots + sid * SLOT.size + SLOT.sid) !== sid) return undefined;
  const registry = context + layout.registry;
  const count = copy.get64(registry + REGISTRY.count);
  const threads = copy.get64(registry + REGISTRY.threads);
  if (count === 0 || count > copy.get64(registry + REGISTRY.capacity) || !copy.reads(threads, count * 8)) return undefined;
  if (copy.get64(registry + REGISTRY.running) > copy.get64(registry + REGISTRY.alive)) return undefined;
  const clocks = new Set<number>(CLOCKS);
  for (let tid = 0; tid < count; tid++) {
    if (tid >= SAMPLE && tid < count - SAMPLE) continue;
    const of = copy.get64(threads + tid * 8);
    if (!copy.reads(of, THREAD_CONTEXT.size) || copy.get32(of + THREAD_CONTEXT.tid) !== tid) return undefined;
    const state = copy.get64(of + THREAD_CONTEXT.thread);
    if (state === 0) continue;
    if (!copy.reads(state, THREAD.size)) return undefined;
    // One that another thread is just starting has none of its own yet.
    const own = copy.get64(state + THREAD.context);
    if (own !== of || copy.get32(state + THREAD.tid) !== tid) {
      if (own === 0) continue;
      return undefined;
    }
    const fast = copy.get32(state);
    const [sid, epoch] = [(fast >>> 8) & 0xff, (fast >>> 16) & EPOCH_LAST];
    if (copy.get64(state + THREAD.slot) === 0 || sid >= SLOTS) continue;
    for (const clock of clocks) if (clocks.size > 1 && copy.get16(state + clock + sid * 2) !== epoch) clocks.delete(clock);
  }
  const [only, another] = clocks;
  return another === undefined ? only : undefined;
}
