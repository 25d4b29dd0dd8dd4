/**
 * Go's runtime ending the program: where that can be stopped, and what is known there. A panic that nobody recovers comes to
 * runtime.fatalpanic(*_panic), which prints the list of panics; everything else to throw(string) or fatal(string). All take their arguments in
 * registers, by ABIInternal. So does copystack(*g, newsize), by which a stack grows, and grows again, to a gigabyte: to copy all of it each time
 * takes an emulated program long enough that its user is better asked before.
 */
import { told } from '../../host/told.js';
import type { Image } from '../../image/api.js';
import { fieldOffset } from '../../runtime/layout.js';
import type { EndingKind } from '../session/breakpoints.js';
import type { Session } from '../session/session.js';
import type { Ending } from '../session/stop.js';
import { isUserCode, isUserGoroutine, ownFrame, waitingLines } from '../show/goroutine-text.js';
import { printExpression } from '../show/print.js';
import type { LogicalFrame } from '../stack/frame.js';
import { oldStacks } from '../stack/old-stacks.js';
import type { CallStack, Target } from '../target.js';

/** Functions where a program ends, and what may have led there. */
const PLACES: Readonly<Record<string, readonly EndingKind[]>> = {
  'runtime.fatalpanic': ['panic'],
  'runtime.throw': ['throw', 'deadlock'],
  'runtime.fatal': ['throw', 'deadlock'],
  'runtime.copystack': ['recursion'],
};

/** The runtime's look for a deadlock, and how far out it may be from what it throws. */
const DEADLOCK = 'runtime.checkdead';
const NEAR = 4;

/** A stack that is to be so large is asked about, in bytes: a sixteenth of what the runtime allows. */
const LARGE = 64n << 20n;

/** Panics of a list, and bytes of a message, that are told. */
const MOST_PANICS = 8;
const MOST_BYTES = 1000;

/** What package testing/synctest panics with when all goroutines of a bubble wait for each other. */
const BUBBLE_DEADLOCK = 'runtime.synctestDeadlockError';

/** Frames looked at to find where the user's code is. */
const USER_FRAMES = 100;

const places = (): { image?: Image; found?: Places } => ({});

function placesOf(target: Target): Places {
  const known = target.lasting(places);
  const image = target.images.goImage;
  if (image === undefined) return NOWHERE;
  if (known.image !== image || known.found === undefined) {
    known.image = image;
    known.found = new Map(
      Object.entries(PLACES).flatMap(([name, kinds]) => {
        const functions = image.functionsNamed(name).filter(({ wrapper }) => !wrapper);
        return functions.map(({ entry }) => [entry, kinds] as const);
      }),
    );
  }
  return known.found;
}

/** Addresses to stop at for those endings that are to be stopped at. A breakpoint that the user has set in such a function comes first. */
export function endingAddresses(session: Session): readonly bigint[] {
  const { target, breakpoints, stops } = session;
  const known = target.lasting(addresses);
  const places = placesOf(target);
  // Asked for at each single step.
  if (known.stops === stops && known.places === places) return known.found;
  known.stops = stops;
  known.places = places;
  known.found = [...places].flatMap(([entry, kinds]) => {
    const func = target.images.functionAt(entry);
    const own = func && breakpoints.all.some(each => each.kind === 'break' && each.enabled && each.addresses.some(inside(func)));
    return !own && breakpoints.endings(...kinds).length > 0 ? [entry] : [];
  });
  return known.found;
}

type Places = ReadonlyMap<bigint, readonly EndingKind[]>;

const addresses = (): { stops?: number; places?: Places; found: readonly bigint[] } => ({ found: [] });

const NOWHERE: Places = new Map();

const inside =
  ({ entry, end }: { readonly entry: bigint; readonly end: bigint }) =>
  (address: bigint): boolean =>
    address >= entry && address < end;

/** What Go says as it ends the program, when the current thread stands where it does. */
export function endingHere(session: Session): Ending | undefined {
  const { target, stack } = session;
  const { registers } = session.thread;
  const kinds = placesOf(target).get(registers.rip);
  if (kinds === undefined) return undefined;
  const first = registers.get('rax');
  if (kinds.includes('panic')) return panicEnding(session, first);
  if (kinds.includes('recursion')) {
    target.lasting(oldStacks).copied(target.memory, first, target.process.t);
    return recursionEnding(session, first, registers.get('rbx'));
  }
  const message = oneLine(stringAt(target, first, registers.get('rbx')) ?? 'for a reason that cannot be read');
  if (!stack.frames(NEAR).some(({ name }) => name === DEADLOCK)) return { kind: 'throw', message, details: [] };
  return { kind: 'deadlock', message, details: waitingLines(target) };
}

/** A stack that is about to grow beyond what is not asked about; undefined while it is smaller, and where it shrinks. */
function recursionEnding({ target, stack }: Session, g: bigint, size: bigint): Ending | undefined {
  if (size < LARGE || target.go?.readable(g) !== true) return undefined;
  const { id, stackLo, stackHi } = target.go.goroutine(g);
  if (size <= stackHi - stackLo) return undefined;
  const frames = stack.frames(USER_FRAMES).filter(isUserCode);
  const names = [...new Set(frames.map(({ name }) => name))];
  return {
    kind: 'recursion',
    message: `the stack of goroutine ${id} is full at ${(stackHi - stackLo) >> 20n} MiB and grows to ${size >> 20n}`,
    details: [
      `endless recursion? innermost are ${frames.length} frames of ${names.slice(0, 4).join(', ')}`,
      'Go ends the program at 1 GB of stack; continue goes on',
    ],
  };
}

/** The panics that led here, from the one that could not be recovered back to the first, as runtime.fatalpanic is about to print them. */
function panicEnding(session: Session, newest: bigint): Ending {
  const { target } = session;
  const shape = target.images.typeNamed('runtime._panic');
  const argument = shape && fieldOffset(shape, 'arg');
  const link = shape && fieldOffset(shape, 'link');
  const repanicked = shape && fieldOffset(shape, 'repanicked');
  if (argument === undefined || link === undefined) {
    // Without types: `arg` is the first field, behind argp where there is one. What a string says can be read all the same.
    const message = [0n, 8n].map(offset => plainString(target, newest + offset)).find(each => each !== undefined);
    return { kind: 'panic', message: oneLine(message ?? 'its value cannot be read without types'), details: [] };
  }
  const told: string[] = [];
  let bubble = false;
  for (let at = newest; at !== 0n && told.length < MOST_PANICS && target.memory.allows(at, shape!.size, 'read'); ) {
    const before = target.memory.readU64(at + BigInt(link));
    bubble ||= target.images.typeOfRuntimeType(target.memory.readU64(at + BigInt(argument)))?.name === BUBBLE_DEADLOCK;
    // A value that was recovered and panicked with again is printed where it was first.
    const again = repanicked !== undefined && before !== 0n && target.memory.readU8(before + BigInt(repanicked)) !== 0;
    if (!again) told.push(valueText(session, at, argument));
    at = before;
  }
  const value = thrownValue(session);
  return {
    kind: 'panic',
    message: oneLine(told[0] ?? 'runtime.Goexit or a list that cannot be read'),
    details: [
      ...(value === undefined || value === told[0] ? [] : [`value ${value}`]),
      ...told.slice(1).map(each => `while panicking with ${oneLine(each)}`),
      ...(bubble ? waitingLines(target) : []),
    ],
  };
}

/** A string as it is, which is how errors and Stringers are kept by now; anything else as `p` prints it. */
function valueText(session: Session, panic: bigint, argument: number): string {
  const plain = plainString(session.target, panic + BigInt(argument));
  if (plain !== undefined) return plain;
  return (
    printed(session, session.stack, session.frame, `(*runtime._panic)(0x${panic.toString(16)}).arg.(data)`) ?? 'a value that cannot be read'
  );
}

/** What was handed to panic(), before runtime.preprintpanics made a string of it: an argument of gopanic, as long as that is known. */
function thrownValue(session: Session): string | undefined {
  const { stack } = session;
  const frame = stack.frames(USER_FRAMES).find(({ name }) => name === 'runtime.gopanic');
  return frame && printed(session, stack, frame, 'e');
}

function printed(session: Session, stack: CallStack, frame: LogicalFrame, expression: string): string | undefined {
  try {
    return printExpression(stack.context(frame), { text: expression, column: 0 }, '', session.settings.printOptions).output;
  } catch (error) {
    told(error);
    return undefined;
  }
}

/** The string in an interface at an address: its type word and a pointer to the string; undefined where another type is in it. */
function plainString(target: Target, address: bigint): string | undefined {
  const { memory, images } = target;
  if (!memory.allows(address, 16, 'read')) return undefined;
  const type = images.typeOfRuntimeType(memory.readU64(address));
  if (type?.kind !== 'string') return undefined;
  const header = memory.readU64(address + 8n);
  return memory.allows(header, 16, 'read') ? stringAt(target, memory.readU64(header), memory.readU64(header + 8n)) : undefined;
}

function stringAt({ memory }: Target, pointer: bigint, length: bigint): string | undefined {
  const shown = length < BigInt(MOST_BYTES) ? Number(length) : MOST_BYTES;
  return memory.allows(pointer, shown, 'read') ? new TextDecoder().decode(memory.read(pointer, shown)) : undefined;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach a terminal.
const oneLine = (text: string): string => text.trim().replace(/[\x00-\x1f\x7f]+/g, ' ');

/** The frame in which the user's code came to its end: innermost, and of a deadlock that of the first goroutine that waits. */
export function selectCulprit(session: Session, ending: Ending): void {
  const { target } = session;
  const waiting = (target.go?.goroutines() ?? []).find(each => each.status === 'waiting' && isUserGoroutine(target, each));
  const goroutine = ending.kind === 'deadlock' ? waiting : undefined;
  const frames = target.stack({ goroutine, thread: session.thread }).frames(USER_FRAMES);
  const frame = ownFrame(frames)?.index;
  if (frame !== undefined) session.selection = { goroutine, frame };
}

/** The innermost frame of user code of the thread that runs: the race detector, and what leads to it, is of no interest. */
export function selectOwnFrame(session: Session): void {
  const frame = session.target.stack({ thread: session.thread }).frames(USER_FRAMES).find(isUserCode)?.index;
  if (frame !== undefined) session.selection = { goroutine: undefined, frame };
}
