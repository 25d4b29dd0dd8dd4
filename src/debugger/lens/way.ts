/**
 * The way an argument has come: from where it is, backwards through the functions of the true call stack, over each call and tail jump, to
 * where it was made. Each step is the one instruction that can have written the place; where several can, the way ends, and says so.
 */

import { preserves } from '../../abi/convention.js';
import { C_CALL } from '../../abi/handmade.js';
import type { GprName } from '../../cpu/api.js';
import { hex } from '../../host/hex.js';
import type { Func } from '../../image/api.js';
import type { Images } from '../../image/images.js';
import { describeAddress, sideName } from '../code/describe.js';
import { type CodeSpace, disassembleAt, type Flavor } from '../code/disassemble.js';
import { type Definition, type FlowLocation, FunctionFlow, type MoveSource, moveTo, type Step, sameLocation } from '../code/flow.js';
import { jumpWays } from '../code/jumps.js';
import type { LogicalFrame, PhysicalFrame } from '../stack/frame.js';
import type { CallStack } from '../target.js';
import { callable, conventionOf } from './signature.js';
import type { Hop, Way } from './stages.js';

/** Calls and jumps that are followed at most. */
const MOST_CROSSINGS = 16;
const MOST_MOVES = 64;

/** Frames that a value may have come through. */
const MOST_FRAMES = 24;

type FieldOfG = Required<Pick<Way, 'fieldOfG'>>;

/** Where a trace goes on: in front of some instructions of a function, one of which has run. */
interface Point {
  readonly func: Func;
  readonly from: readonly Step[];
  readonly location: FlowLocation;
  /** Low bytes of it that the value is made of. */
  readonly bytes: 4 | 8;
}

/** The selected frame and those further out, one for each piece of stack. */
export function physicalFrames(stack: CallStack, frame: LogicalFrame): readonly PhysicalFrame[] {
  const all = stack.frames(frame.index + MOST_FRAMES).slice(frame.index);
  return [...new Set(all.map(each => each.physical))];
}

/**
 * Follows a location back from the pc of one of `frames`, the physical frames of a stack, innermost first; in a function's entry frame the
 * location is named as at entry.
 */
export function wayOf(space: CodeSpace, flavor: Flavor, frames: readonly PhysicalFrame[], index: number, location: FlowLocation): Way {
  return new Tracer(space, flavor, frames).trace(index, location);
}

/** The same from the entry of the function that has one of the frames, wherever that stands. */
export function wayToEntry(space: CodeSpace, flavor: Flavor, frames: readonly PhysicalFrame[], location: FlowLocation): Way {
  return new Tracer(space, flavor, frames).trace(0, location, true);
}

/**
 * What a register was given as, further out: the parameter at the entry of a function on the stack since which nothing has written it.
 */
export function carriedIn(
  space: CodeSpace,
  frames: readonly PhysicalFrame[],
  register: GprName,
): { readonly parameter: string; readonly func: string } | undefined {
  const { hops } = wayOf(space, 'gnu', frames, 0, { register });
  for (const { register: held, address, parameter, func } of hops.toReversed()) {
    if (address !== undefined || held !== register) return undefined;
    if (parameter !== undefined && !C_CALL.has(parameter)) return { parameter, func };
  }
  return undefined;
}

class Tracer {
  readonly #flows = new Map<bigint, FunctionFlow | undefined>();

  constructor(
    private readonly space: CodeSpace,
    private readonly flavor: Flavor,
    private readonly frames: readonly PhysicalFrame[],
  ) {}

  get #images(): Images {
    return this.space.images;
  }

  flow(func: Func): FunctionFlow | undefined {
    if (!this.#flows.has(func.entry)) this.#flows.set(func.entry, FunctionFlow.of(this.space.memory, func.entry, func.end));
    return this.#flows.get(func.entry);
  }

  trace(start: number, location: FlowLocation, entered = false): Way {
    const hops: Hop[] = [];
    const ends = (origin: string, complete: boolean): Way => ({ origin, complete, hops: hops.reverse() });
    const loaded = (origin: string | FieldOfG): Way =>
      typeof origin === 'string' ? ends(origin, true) : { ...ends(`g.${origin.fieldOfG}`, true), ...origin };
    let index = start;
    const { func } = this.frames[index]!;
    let point = func && (entered ? { func, from: [], location, bytes: 8 as const } : this.#pointAt(func, this.frames[index]!, location));
    if (point === undefined) return ends('unknown: the code is too long or cannot be read', false);
    for (let moves = 0, crossings = 0; moves < MOST_MOVES && crossings < MOST_CROSSINGS; moves++) {
      let here: Point = point;
      const definitions: readonly Definition[] =
        entered && moves === 0 ? [{ at: 'entry' }] : (this.flow(here.func)?.definitions(here.from, here.location, this.survives) ?? []);
      const single = definitions.length === 1 ? { definition: definitions[0]!, location: here.location } : this.#common(here, definitions);
      if (single === undefined) {
        hops.push({ ...this.#hop(here, undefined), parameter: undefined });
        return ends(severalText(definitions, sideName(here.func)), false);
      }
      const { definition } = single;
      if (!sameLocation(single.location, here.location)) {
        // Copied from there on each of several ways: one stands for all.
        const copied = definitions.find(each => each.at === 'step');
        hops.push({ ...this.#hop(here, copied?.step), parameter: undefined });
        here = { ...here, location: single.location };
      }
      if (definition.at === 'entry') {
        hops.push(this.#hop(here, undefined));
        if ('slot' in here.location && here.location.slot === 0) {
          hops.pop();
          return ends(`return address of ${here.func.name}`, true);
        }
        if ('slot' in here.location && here.location.slot < 0) return ends(`never written in ${here.func.name}`, false);
        crossings++;
        const crossed = this.#cross(index, here);
        if (crossed === undefined) return ends(`given to ${here.func.name} from outside`, false);
        ({ index, point } = crossed);
        continue;
      }
      const { step } = definition;
      hops.push(this.#hop(here, step));
      const move = moveTo(step, here.location);
      if (move === undefined) return ends(this.#made(here.func, step), true);
      const { from: source } = move;
      const bytes = here.bytes === 4 ? 4 : move.bytes;
      if (!('register' in source) && !('slot' in source)) return loaded(this.#loaded(here.func, step, source, bytes));
      point = { func: here.func, from: [step], location: source, bytes };
    }
    return ends('unknown: too many steps', false);
  }

  /**
   * Where all of several definitions have copied the value from: a register that is put away around a call on one of two ways is written on that, and
   * holds the same on both. Undefined: they are not copies of one.
   */
  #common(
    { func, location, bytes }: Point,
    definitions: readonly Definition[],
  ): { definition: Definition; location: FlowLocation } | undefined {
    const flow = this.flow(func);
    if (flow === undefined || bytes !== 8) return undefined;
    const todo = definitions.map(definition => ({ definition, location }));
    const seen = new Set<string>();
    const roots = new Map<string, (typeof todo)[number]>();
    while (todo.length > 0) {
      const next = todo.pop()!;
      const key = `${next.definition.at === 'step' ? next.definition.step.address : 'entry'} ${locationKey(next.location)}`;
      if (seen.has(key)) continue;
      if (seen.add(key).size > MOST_MOVES) return undefined;
      const move = next.definition.at === 'step' ? moveTo(next.definition.step, next.location) : undefined;
      const from = move?.bytes === 8 ? move.from : undefined;
      if (next.definition.at === 'entry' || from === undefined || !('register' in from || 'slot' in from)) roots.set(key, next);
      else {
        for (const definition of flow.definitions([next.definition.step], from, this.survives)) todo.push({ definition, location: from });
      }
    }
    return roots.size === 1 ? [...roots.values()][0] : undefined;
  }

  readonly survives = (call: Step, location: FlowLocation): boolean => {
    const callee = call.target === undefined ? undefined : this.#images.functionAt(call.target);
    const convention = callee && conventionOf(callee);
    if ('register' in location) {
      // What an indirect call goes to is not known: it may be any Go function.
      return convention === undefined ? location.register === 'rsp' : preserves(convention, location.register);
    }
    if (call.depth === undefined) return false;
    const inside = location.slot - call.depth;
    if (inside < 0) return false;
    const places = callee && callable(this.#images, callee).signature?.places;
    // Arguments and results on the stack, and the room to spill the others, are the callee's to write.
    return places !== undefined && inside >= places.stackBytes + places.spillBytes;
  };

  #pointAt(func: Func, frame: PhysicalFrame, location: FlowLocation): Point | undefined {
    const flow = this.flow(func);
    const step = flow && (frame.exact ? flow.stepAt(frame.pc) : flow.callBefore(frame.pc));
    return step && { func, from: [step], location, bytes: 8 };
  }

  /** From a function's entry to where it was called or jumped to from. */
  #cross(index: number, { func, location, bytes }: Point): { readonly index: number; readonly point: Point } | undefined {
    const entered = this.#enteredBy(index, func);
    if (entered !== undefined) {
      const from = entered.steps;
      const depth = from[0]!.depth;
      if ('register' in location) return { index, point: { func: entered.func, from, location, bytes } };
      if (depth === undefined || from.some(step => step.depth !== depth)) return undefined;
      return { index, point: { func: entered.func, from, location: { slot: depth + location.slot }, bytes } };
    }
    const caller = this.frames[index + 1];
    const call = caller?.func && this.flow(caller.func)?.callBefore(caller.pc);
    if (caller?.func === undefined || call === undefined) return undefined;
    if ('register' in location) return { index: index + 1, point: { func: caller.func, from: [call], location, bytes } };
    if (call.depth === undefined) return undefined;
    // Behind the return address lies what RSP pointed to at the CALL.
    return { index: index + 1, point: { func: caller.func, from: [call], location: { slot: call.depth + location.slot - 8 }, bytes } };
  }

  /** The function that jumped to `func`, on the one way of jumps from the function that was called. */
  #enteredBy(index: number, func: Func): { readonly func: Func; readonly steps: readonly Step[] } | undefined {
    const frame = this.frames[index]!;
    const called = frame.jumpedFrom === undefined ? undefined : this.#images.functionsNamed(frame.jumpedFrom)[0];
    if (called === undefined || called.entry === func.entry) return undefined;
    const last = [...new Set(jumpWays(this.space, called, func).map(way => way.at(-1)!))];
    const steps = last.length === 1 ? this.flow(last[0]!)!.jumpsOut.filter(({ target }) => target === func.entry) : [];
    return steps.length === 0 ? undefined : { func: last[0]!, steps: steps.map(({ step }) => step) };
  }

  #hop({ func, location, from, bytes }: Point, step: Step | undefined): Hop {
    const place =
      'register' in location
        ? registerText(location.register, bytes)
        : slotText(location.slot, step?.depth ?? (step === undefined ? 0 : from[0]?.depth));
    return {
      place,
      register: 'register' in location ? location.register : undefined,
      func: sideName(func),
      convention: conventionOf(func).id,
      address: step?.address,
      parameter: step === undefined ? this.#parameter(func, location) : undefined,
    };
  }

  /** The parameter of a function that is at a location when it is entered. */
  #parameter(func: Func, location: FlowLocation): string | undefined {
    const { convention, signature } = callable(this.#images, func);
    if ('register' in location && signature === undefined) {
      return convention.id === 'hand-made assembly' ? convention.atEntry.get(location.register) : undefined;
    }
    for (const [index, place] of (signature?.places.params ?? []).entries()) {
      const { name } = signature!.params[index]!;
      if (place.in === 'stack' && 'slot' in location && place.offset === location.slot) return name;
      if (place.in !== 'registers' || !('register' in location)) continue;
      const part = place.parts.find(each => each.register === location.register);
      if (part !== undefined) return `${name}${part.path.replace(/\.\d+:/g, '.')}`;
    }
    return undefined;
  }

  #made(func: Func, step: Step): string {
    if (step.flow === 'call') {
      const callee = step.target === undefined ? undefined : describeAddress(this.#images, step.target);
      return callee === undefined ? `what a call in ${func.name} left` : `what ${callee} left`;
    }
    return `computed in ${func.name}: ${disassembleAt(this.space, this.flavor, step.address)?.text.trim() ?? '?'}`;
  }

  #loaded(func: Func, step: Step, source: Exclude<MoveSource, FlowLocation>, bytes: 4 | 8): string | FieldOfG {
    if ('constant' in source) return `constant ${hex(BigInt.asUintN(8 * bytes, source.constant))}`;
    if ('address' in source) return `address of ${describeAddress(this.#images, source.address) ?? hex(source.address)}`;
    const { base, displacement, indexed } = source;
    if (base === undefined && !indexed) return `${describeAddress(this.#images, displacement) ?? hex(displacement)} in memory`;
    const field = base === 'r14' && !indexed && func.language !== 'c' ? this.#fieldOfG(Number(displacement)) : undefined;
    if (field !== undefined) return { fieldOfG: field };
    return indexed
      ? `an element in memory, in ${func.name}: ${disassembleAt(this.space, this.flavor, step.address)?.text.trim()}`
      : `${displacement < 0n ? '-' : ''}0x${(displacement < 0n ? -displacement : displacement).toString(16)}(${base!.toUpperCase()})`;
  }

  #fieldOfG(offset: number): string | undefined {
    let type = this.#images.goImage?.typeNamed('runtime.g');
    while (type?.kind === 'named') type = type.underlying;
    return type?.kind === 'struct' ? type.fields.find(field => field.offset === offset)?.name : undefined;
  }
}

const locationKey = (location: FlowLocation): string => ('register' in location ? location.register : `${location.slot}`);

/** Why a place has not one beginning in a function. */
function severalText(definitions: readonly Definition[], name: string): string {
  if (definitions.length === 0) return 'unknown: no way leads here';
  const left = definitions.every(each => each.at === 'entry' || each.step.flow === 'call');
  return left ? `not set by ${name}: left from its caller or from what it has called` : `one of several places in ${name}`;
}

/** `RAX`, or `EAX` when the value comes from its low half alone. */
function registerText(register: GprName, bytes: 4 | 8): string {
  const name = register.toUpperCase();
  if (bytes === 8) return name;
  return /\d/.test(name) ? `${name}D` : `E${name.slice(1)}`;
}

/** As the assembler of the function writes it, when RSP at the place is known. */
function slotText(slot: number, depth: number | undefined): string {
  if (depth === undefined) return `the stack at ${slot} from RSP at entry`;
  const offset = slot - depth;
  return `${offset < 0 ? '-' : ''}${offset === 0 ? '0' : hex(Math.abs(offset))}(SP)`;
}
