/** Goroutines, places and times of the race detector in words. */
import { hex } from '../../host/hex.js';
import type { RaceThread, ShadowCell } from '../../runtime/race/inside/inside.js';
import type { Data } from '../answer.js';
import { describeCode } from '../code/describe.js';
import type { RaceView } from '../memory/race.js';
import type { Target } from '../target.js';

/** The detector's number of the main goroutine; 0 is g0's, before there is one. */
const MAIN = 1;

/** `goroutine 18 (tid 7)`: r14's number of it, and the one that a report has, which differ. */
export function whoOf(view: RaceView, tid: number | undefined): string {
  if (tid === undefined) return 'nobody that the journal knows';
  const thread = view.inside.thread(tid);
  const goroutine = thread && view.goroutineOf(thread);
  if (goroutine !== undefined) return `goroutine ${goroutine.id} (tid ${tid})`;
  if (tid === 0) return 'g0 at the start (tid 0)';
  if (thread !== undefined && thread.state !== 0) return `the runtime for itself (tid ${tid})`;
  return `tid ${tid} (${tid === MAIN ? 'main, ' : ''}ended)`;
}

/** Frames at a return address: `main.f at /x/main.go:12`, inlined functions first. */
export function framesAtPc({ images }: Target, pc: number): readonly string[] {
  const at = BigInt(pc) - 1n;
  const frames = images.inlineFrames(at);
  if (frames.length === 0) return [describeCode(images, at)];
  return frames.map(({ name, file, line }) => (file === undefined ? name : `${name} at ${file}:${line}`));
}

/** The innermost place of user code in a stack, or else the innermost; `pcs` are outermost first. */
export function placeOfStack(target: Target, pcs: readonly number[]): string | undefined {
  const places = [...pcs].reverse().flatMap(pc => framesAtPc(target, pc));
  return places.find(each => !/^(runtime\.|sync\/atomic\.|race|__tsan)/.test(each)) ?? places[0];
}

/** `atomic write of bytes 0..7`. */
export function accessText({ write, atomic, offset, size, mask }: ShadowCell): string {
  const whole = mask === (((1 << size) - 1) << offset) >>> 0;
  const bytes = size === 1 ? `byte ${offset}` : whole ? `bytes ${offset}..${offset + size - 1}` : `bytes of mask 0x${mask.toString(16)}`;
  return `${atomic ? 'atomic ' : ''}${write ? 'write' : 'read'} of ${bytes}`;
}

export const hexNumber = (value: number): string => hex(BigInt(value));

/** What would race with a cell's access if it came now, from a thread of that clock. */
export type Meeting = 'own' | 'ordered' | 'a write' | 'a plain write' | 'any plain access' | 'any access' | 'nothing';

export function meetingOf(cell: ShadowCell, own: number | undefined, clock: Uint16Array): Meeting {
  if (cell.kind !== 'access') return 'nothing';
  if (cell.sid === own) return 'own';
  if ((clock[cell.sid] ?? 0) >= cell.epoch) return 'ordered';
  if (cell.atomic) return cell.write ? 'any plain access' : 'a plain write';
  return cell.write ? 'any access' : 'a write';
}

export function cellData(view: RaceView, cell: ShadowCell): { readonly [key: string]: Data } {
  const goroutine = cell.tid === undefined ? undefined : goroutineId(view, cell.tid);
  return {
    word: hexNumber(cell.word),
    kind: cell.kind,
    ...(cell.kind === 'access'
      ? {
          sid: cell.sid,
          epoch: cell.epoch,
          tid: cell.tid ?? null,
          goroutine: goroutine ?? null,
          access: cell.write ? 'write' : 'read',
          atomic: cell.atomic,
          first: cell.offset,
          bytes: cell.size,
        }
      : {}),
  };
}

/** r14's number of a thread's goroutine, while it lives. */
export function goroutineId(view: RaceView, tid: number): number | undefined {
  const thread: RaceThread | undefined = view.inside.thread(tid);
  const id = thread && view.goroutineOf(thread)?.id;
  return id === undefined ? undefined : Number(id);
}
