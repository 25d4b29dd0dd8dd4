/** A program that has ended itself: abort, a failed assertion, a library that has found its data damaged. */
import { grouped } from '../../host/grouped.js';
import type { ProcessObserver } from '../../linux/api.js';
import type { LogicalFrame } from '../stack/frame.js';
import type { Journey } from '../timeline/history.js';
import { checkOf } from './check.js';
import { allocatorCall, blockReasons } from './heap.js';
import { type Inquiry, isOwn, type Reason, saying } from './inquiry.js';
import { trailReasons } from './trail.js';

/** System calls that write: write(fd, bytes, count), writev(fd, iovec, count). */
const WRITE = 1;
const WRITEV = 20;
const STDERR = 2n;
const MOST_BYTES = 300;
/** Frames of a library whose checks are looked at. */
const MOST_FRAMES = 8;
/** Bytes of it, and links that are told of who wrote it. */
const HEADER = 8n;
const MOST_LINKS = 4;
const MOST_PARTS = 16n;
/** Instructions before the end that a message is looked for in. */
const NEAR = 5_000_000;

/** Functions of C that never come back once they are called: what was asked before them is why. */
const GIVES_UP = /^(?:abort|__assert\w*|__stack_chk_fail\w*|__fortify_fail|__chk_fail|__\w+_chk|__cxa_throw|_ZSt9terminatev)$/;

export function* ofAbort(q: Inquiry): Journey<readonly Reason[]> {
  const { scene } = q;
  const message = yield* lastWords(q);
  const told: Reason[] = message === undefined ? [] : [saying(`it wrote: ${message}`)];
  const own = scene.frames.findIndex(({ physical }) => isOwn(q, physical.func) && !GIVES_UP.test(physical.func.name));
  if (own < 0) return told;
  const frame = scene.frames[own]!;
  const inside = scene.frames.slice(0, own);
  told.push(saying(`it was asked for in ${q.where(frame)}${callers(q, scene.frames.slice(own + 1))}`));
  const call = yield* allocatorCall(q, inside);
  if (call?.pointer !== undefined) {
    const block = yield* blockReasons(q, call.pointer, call.t, true);
    told.push(saying(`${call.name} was called with ${`0x${call.pointer.toString(16)}`}`), ...block);
    if (block.length > 1) return told;
    const header = yield* overwritten(q, call.pointer, call.t);
    if (header.length > 0) return [...told, ...header];
  }
  // What the program itself asked before it gave up, or else what a library has found wrong that comes of the program's own doing.
  const givesUp = inside.at(-1) !== undefined && GIVES_UP.test(inside.at(-1)!.name);
  for (const each of (givesUp ? [frame] : inside.slice(0, MOST_FRAMES)).filter(({ inlined, physical }) => !inlined && !physical.exact)) {
    yield* q.at(scene.t);
    const check = yield* checkOf(q, each);
    if (check?.own) return [...told, ...check.reasons];
  }
  return told;
}

/** The word that the allocator keeps before each block (glibc's malloc_chunk), when the program itself has written there. */
function* overwritten(q: Inquiry, block: bigint, t: number): Journey<readonly Reason[]> {
  yield* q.at(t);
  const trail = yield* q.trail({ kind: 'memory', address: block - HEADER, bytes: Number(HEADER) }, MOST_LINKS);
  const [writer] = trail.links;
  if (writer === undefined || !isOwn(q, q.target.images.functionAt(writer.pc))) return [];
  return [saying("the allocator's own word before it was overwritten:"), ...trailReasons(trail, MOST_LINKS)];
}

/** `, called by main (planted.c:181)`. */
function callers(q: Inquiry, frames: readonly LogicalFrame[]): string {
  const caller = frames.find(({ physical }) => isOwn(q, physical.func));
  return caller === undefined ? '' : `, called by ${q.where(caller)}`;
}

/** The last that the thread wrote to standard error, shortly before. */
function* lastWords(q: Inquiry): Journey<string | undefined> {
  const { process } = q.target;
  const { t, tid } = q.scene;
  const { memory } = process;
  const read = (address: bigint, count: bigint): string => {
    const length = count < BigInt(MOST_BYTES) ? Number(count) : MOST_BYTES;
    return length > 0 && memory.allows(address, length, 'read') ? new TextDecoder().decode(memory.read(address, length)) : '';
  };
  const words = yield* q.history.backwards(t, function* (piece): Journey<{ readonly text: string; readonly t: number } | undefined> {
    let last: { readonly text: string; readonly t: number } | undefined;
    const observer: ProcessObserver = {
      syscall: ({ phase, number, args }) => {
        if (phase !== 'entry' || process.current.tid !== tid || process.t > t || BigInt.asUintN(32, args[0]!) !== STDERR) return;
        if (number === WRITE) last = { text: read(args[1]!, args[2]!), t: process.t };
        if (number !== WRITEV) return;
        let text = '';
        for (let index = 0n; index < args[2]! && index < MOST_PARTS && memory.allows(args[1]! + 16n * index, 16, 'read'); index++)
          text += read(memory.readU64(args[1]! + 16n * index), memory.readU64(args[1]! + 16n * index + 8n));
        last = { text, t: process.t };
      },
    };
    const leave = process.observe(observer);
    try {
      yield* piece.run(() => undefined);
    } finally {
      leave();
    }
    return last ?? (piece.start < t - NEAR ? { text: '', t } : undefined);
  });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach a terminal.
  const text = words?.text.trim().replace(/[\x00-\x1f\x7f]+/g, ' ');
  return text === undefined || text === '' ? undefined : `${text} (t=${grouped(words!.t)})`;
}
