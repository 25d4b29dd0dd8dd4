/** `abi`: the call that is about to happen, has just begun or is about to end, seen from both sides. */

import { ABI_INTERNAL, ABI0, type Convention, LINUX_SYSCALL, SYSTEM_V } from '../../abi/convention.js';
import { type Place, placeText } from '../../abi/place.js';
import { hex } from '../../host/hex.js';
import type { Func } from '../../image/api.js';
import type { Images } from '../../image/images.js';
import type { Answer } from '../answer.js';
import { describeAddress, sideName } from '../code/describe.js';
import type { Flavor } from '../code/disassemble.js';
import type { FlowLocation } from '../code/flow.js';
import { peek } from '../code/peek.js';
import { CommandError } from '../errors.js';
import { isMissing, missingText } from '../known.js';
import type { LogicalFrame, PhysicalFrame } from '../stack/frame.js';
import { readRegister } from '../stack/frame-context.js';
import type { CallStack } from '../target.js';
import { type PrintOptions, printValue } from '../values/print.js';
import { memorySource, toUint } from '../values/source.js';
import { argumentText, everyArgument } from './arguments.js';
import { type Edge, edgeOf } from './edge.js';
import { lensData, lensText } from './lens-text.js';
import { type Meaning, meaningOf, other, registerRoles } from './roles.js';
import { type Callable, callable, type LensParameter } from './signature.js';
import type { LensShown, LensView, Side, StackLine } from './view.js';
import { physicalFrames, wayOf, wayToEntry } from './way.js';

const WORD = 8;
const LINUX: Side = { name: 'Linux', callable: { convention: LINUX_SYSCALL, signature: undefined } };

/** A frame, and how what it holds is printed. */
export interface Scene {
  readonly stack: CallStack;
  readonly frame: LogicalFrame;
  readonly print: PrintOptions;
  readonly flavor: Flavor;
}

export function lens(scene: Scene): Answer {
  const { frame, stack } = scene;
  const { func } = frame.physical;
  if (func === undefined) throw new CommandError('no function has this code: nothing is known of its convention');
  const edge = edgeOf(stack.target, frame.physical);
  const view = viewOf(scene, func, edge);
  return { output: lensText(view).join('\n'), data: lensData(view, edge, registerRoles(stack, frame)) };
}

/** The same for the screen; nothing where no function has the code. */
export function lensView(scene: Scene): LensView | undefined {
  const { physical } = scene.frame;
  const { func } = physical;
  return func && viewOf(scene, func, edgeOf(scene.stack.target, physical));
}

function viewOf(scene: Scene, func: Func, edge: Edge): LensView {
  const { stack: callStack, frame } = scene;
  const { images } = callStack.target;
  const frames = physicalFrames(callStack, frame);
  const { jumpedFrom } = frame.physical;
  const jumper = jumpedFrom === undefined ? undefined : functionNamed(images, jumpedFrom, func);
  const from = jumper ?? frames[1]?.func;
  const side = (one: Func, caller?: Func): Side => ({ name: sideName(one), callable: callable(images, one, caller) });
  const view = (heading: string, rest: Partial<LensView>): LensView => ({
    heading,
    caller: undefined,
    callee: undefined,
    values: [],
    stack: [],
    ...rest,
  });
  const name = sideName(func);
  switch (edge.at) {
    case 'entry': {
      const by = from === undefined ? '' : `; ${sideName(from)} has ${jumper === undefined ? 'called' : 'jumped to'} it`;
      const callee = side(func, from);
      const caller = from && side(from);
      return view(`At the entry of ${name}${by}.`, {
        caller,
        callee,
        values: parameters(scene, frames, callee.callable, 0),
        stack: [...stackLines(scene, callee.callable, 0), ...mismatchLines(from, caller, func, callee)],
      });
    }
    case 'call': {
      const { callee, target, tail, returned } = edge;
      const verb = tail ? 'jump to' : 'call';
      const behind = returned === undefined ? '' : `${sideName(returned)} has just returned. `;
      const left = returned === undefined ? [] : results(scene, callable(images, returned, func));
      if (callee === undefined) {
        const where = target === undefined ? 'an address that cannot be read' : `${hex(target)}, where no known function begins`;
        return view(`${behind}About to ${verb} ${where}.`, { caller: side(func), values: left });
      }
      // A jump leaves the return address where it is; a call has yet to push it.
      const below = tail ? 0 : WORD;
      const [caller, to] = [side(func), side(callee, func)];
      const values = [...left, ...parameters(scene, frames, to.callable, below)];
      const stack = [...stackLines(scene, to.callable, below), ...mismatchLines(func, caller, callee, to)];
      return view(`${behind}About to ${verb} ${sideName(callee)}.`, { caller, callee: to, values, stack });
    }
    case 'return': {
      const callee = side(func, from);
      const stack = [...stackLines(scene, callee.callable, 0), ...returnLines(scene, frame.physical, frames[1])];
      return view(`About to return from ${name}.`, {
        caller: from && side(from),
        callee,
        values: results(scene, callee.callable),
        stack,
      });
    }
    case 'returned': {
      const callee = side(edge.returned, func);
      return view(`${callee.name} has just returned.`, { caller: side(func), callee, values: results(scene, callee.callable) });
    }
    case 'syscall': {
      const number = frame.physical.registers.get('rax')?.value;
      const call = number === undefined ? 'of an unknown number' : `${callStack.target.process.syscallName(Number(number))} (${number})`;
      return view(`About to make system call ${call}.`, { caller: side(func), callee: LINUX });
    }
    case 'inside': {
      const where = frame.physical.exact ? `In the middle of ${name}` : `${name} has made a call that has not returned`;
      const callee = side(func, from);
      return view(`${where}: this is its entry, with what is still known of it.`, {
        caller: from && side(from),
        callee,
        values: stillKnown(scene, frames, callee.callable),
      });
    }
  }
}

function functionNamed(images: Images, linkName: string, other: Func): Func | undefined {
  return images.functionsNamed(linkName).find(each => each.entry !== other.entry);
}

// ---- values --------------------------------------------------------------------------------------------------------------------------

/** Arguments of a function about to be entered; RSP will be `below` bytes lower then. */
function parameters(
  scene: Scene,
  frames: readonly PhysicalFrame[],
  { convention, signature }: Callable,
  below: number,
): readonly LensShown[] {
  const { target } = scene.stack;
  if (signature === undefined) return handMadeArguments(scene, frames, convention);
  return signature.params.map((parameter, index) => {
    const place = signature.places.params[index]!;
    const location = firstLocation(place, below);
    return {
      label: `arg${index + 1}`,
      name: parameter.name,
      place: placeHere(place, below),
      value: valueAt(scene, parameter, place, below),
      chain: location && wayOf(target, scene.flavor, frames, 0, atEntry(location, frames[0]!)),
    };
  });
}

/** A stack place of the frame's RSP, as a distance from RSP at its function's entry. */
function atEntry(location: FlowLocation, { sp, cfa }: PhysicalFrame): FlowLocation {
  if ('register' in location) return location;
  return { slot: location.slot + (cfa === undefined ? 0 : Number(sp - (cfa - 8n))) };
}

function handMadeArguments(
  { stack, frame, flavor }: Scene,
  frames: readonly PhysicalFrame[],
  convention: Convention,
): readonly LensShown[] {
  if (convention.id !== 'hand-made assembly') return [];
  const shown: LensShown[] = [];
  for (const [register, text] of convention.atEntry) {
    const value = readRegister(frame, register);
    if (text === 'g' || !('value' in value) || register.startsWith('xmm')) continue;
    const location = { register } as FlowLocation;
    const chain = wayOf(stack.target, flavor, frames, 0, location);
    shown.push({
      label: '',
      name: text,
      place: register.toUpperCase(),
      value: meaningOf(stack, frame, { name: text, type: undefined }, '', value.value),
      chain,
    });
  }
  return shown;
}

/** Where the first piece of a value is; floating-point registers are not followed. */
function firstLocation(place: Place, below: number): FlowLocation | undefined {
  if (place.in === 'stack') return { slot: place.offset - below };
  if (place.in !== 'registers') return undefined;
  const register = place.parts[0]?.register;
  return register === undefined || /^(xmm|st)/.test(register) ? undefined : ({ register } as FlowLocation);
}

/** A place as it is written at the frame's RSP. */
function placeHere(place: Place, below: number): string {
  return place.in === 'stack' ? `${place.offset - below === 0 ? '0' : hex(place.offset - below)}(SP)` : placeText(place);
}

function valueAt({ stack, frame, print }: Scene, parameter: LensParameter, place: Place, below: number): Meaning | undefined {
  if (place.in === 'stack') {
    const address = frame.physical.sp + BigInt(place.offset - below);
    const { memory } = stack.target;
    const { type } = parameter;
    if (!memory.allows(address, type?.size ?? WORD, 'read')) return undefined;
    if (type !== undefined && type.size > WORD) {
      return other(printValue(stack.context(frame), { type, source: memorySource(memory, address) }, print));
    }
    return meaningOf(stack, frame, parameter, '', toUint(memory.read(address, type?.size ?? WORD)));
  }
  if (place.in !== 'registers') return undefined;
  const meanings = place.parts.map(part => {
    if (part.register === 'st0' || part.register === 'st1') return other('?');
    const value = readRegister(frame, part.register);
    return isMissing(value) ? other(missingText(value)) : meaningOf(stack, frame, parameter, part.path, value.value);
  });
  return meanings.length === 1 ? meanings[0] : other(meanings.map(({ text }) => text).join(', '));
}

function results(scene: Scene, { signature }: Callable): readonly LensShown[] {
  const { target } = scene.stack;
  const { at } = edgeOf(target, scene.frame.physical);
  // Behind the return RSP is a word higher than the places count from.
  const below = at === 'return' ? 0 : 8;
  return (signature?.results ?? []).map((parameter, index) => {
    const place = signature!.places.results[index]!;
    const value = valueAt(scene, parameter, place, below);
    return {
      label: `result${index + 1}`,
      name: parameter.name.replace(/^~.*/, ''),
      place: placeHere(place, below),
      value,
      chain: undefined,
    };
  });
}

/** Arguments as the backtrace has them: where debug information or the saved copy of a register still gives them. */
function stillKnown({ stack, frame, flavor }: Scene, frames: readonly PhysicalFrame[], { signature }: Callable): readonly LensShown[] {
  const known = new Map(everyArgument(stack, frame).map(each => [each.name, each]));
  return (signature?.params ?? []).map((parameter, index) => {
    const argument = known.get(parameter.name);
    const value = argument === undefined || isMissing(argument.known) ? undefined : other(argumentText(stack, frame, argument));
    const place = signature!.places.params[index]!;
    const location = firstLocation(place, 0);
    const chain = location && wayToEntry(stack.target, flavor, frames, location);
    return { label: `arg${index + 1}`, name: parameter.name, place: placeText(place), value, chain };
  });
}

/** How the stack is as the callee finds it: RSP will be `below` bytes lower. */
function stackLines({ frame }: Scene, { convention, signature }: Callable, below: number): readonly StackLine[] {
  const sp = frame.physical.sp - BigInt(below);
  const lines: StackLine[] = [];
  const add = (text: string, wrong = false) => lines.push({ text, wrong });
  const want = convention.stackAlignment;
  const over = (sp + 8n) % BigInt(want);
  const state = over === 0n ? 'as it must be' : `${over} too many: misaligned`;
  if (want > 8)
    add(`RSP = ${hex(sp)} at the entry; before the call it was ${over === 0n ? '' : 'not '}a multiple of ${want}, ${state}`, over !== 0n);
  else add(`RSP = ${hex(sp)} at the entry`);
  if (signature !== undefined) {
    const { stackBytes, spillBytes } = signature.places;
    const spill = convention.spillArea ? `, then ${spillBytes} bytes for it to spill register arguments` : '';
    add(`${stackBytes} bytes of arguments and results above the return address${spill}`);
  }
  if (convention === SYSTEM_V) add(`${convention.redZone} bytes below RSP are its red zone`);
  return lines;
}

/**
 * Assembly under ABI0 that calls Go code through a pointer puts arguments where that does not look for them: the code of a func value is
 * ABIInternal. Wrappers between the conventions are the compiler's.
 */
function mismatchLines(from: Func | undefined, caller: Side | undefined, to: Func, callee: Side): readonly StackLine[] {
  const { convention, signature } = callee.callable;
  const takes = signature !== undefined && signature.params.length + signature.results.length > 0;
  if (!takes || from?.wrapper || to.wrapper || caller?.callable.convention !== ABI0 || convention !== ABI_INTERNAL) return [];
  const text = `${caller.name} hands arguments and results over here, as ABI0 does; ${callee.name} has them in registers, as ABIInternal does: a mismatch`;
  return [{ text, wrong: true }];
}

/** What is wrong with where a RET is about to go. */
function returnLines({ stack }: Scene, { sp, cfa }: PhysicalFrame, caller: PhysicalFrame | undefined): readonly StackLine[] {
  const slot = cfa === undefined ? sp : cfa - 8n;
  const { memory, images } = stack.target;
  const goes = peek(memory, sp);
  const where =
    goes === undefined ? 'cannot be read' : `holds ${hex(goes)}${memory.allows(goes, 1, 'exec') ? '' : ', where there is no code'}`;
  if (slot !== sp) {
    const off = slot > sp ? `${slot - sp} bytes below` : `${sp - slot} bytes above`;
    return [{ text: `RSP is ${off} the return address, which is at ${hex(slot)}: what is at RSP ${where}`, wrong: true }];
  }
  if (caller?.overwritten === undefined) return [];
  const was = describeAddress(images, caller.pc);
  return [
    {
      text: `the return address was overwritten: it was ${hex(caller.pc)}${was === undefined ? '' : ` (${was})`}, and now ${where}`,
      wrong: true,
    },
  ];
}
