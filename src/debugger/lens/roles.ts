/**
 * What each register of a frame means: `R14 g = runtime.g0 (m0)`, `RDI arg1 thr = nil`, `RDX closure context`, `X15 zero`. Only what is so: a
 * convention speaks of the edges of a call; between them a role lasts for as long as nothing has written the register.
 */

import { LINUX_SYSCALL, type RegisterName } from '../../abi/convention.js';
import type { Assignment } from '../../abi/place.js';
import { dwarfRegister } from '../../abi/registers.js';
import { type Roles, rolesAtEntry, rolesAtReturn } from '../../abi/roles.js';
import { GPR_NAMES } from '../../cpu/api.js';
import { hex } from '../../host/hex.js';
import type { Func, Type } from '../../image/api.js';
import { evaluateLocation } from '../../image/dwarf/expression.js';
import { RACE_POINTERS } from '../../runtime/race/signatures.js';
import { describeAddress } from '../code/describe.js';
import { peek } from '../code/peek.js';
import { unchangedSinceEntry } from '../code/unchanged.js';
import { type LogicalFrame, stackText } from '../stack/frame.js';
import { readRegister } from '../stack/frame-context.js';
import type { CallStack, Target } from '../target.js';
import { printValue } from '../values/print.js';
import { bytesSource, fromUint } from '../values/source.js';
import { underlying } from '../values/types.js';
import { type Edge, edgeOf } from './edge.js';
import { callable, conventionOf, type LensParameter } from './signature.js';
import { carriedIn, physicalFrames } from './way.js';

export interface RegisterRole {
  /** Lower case: `rdi`, `xmm15`. */
  readonly register: RegisterName;
  /** `arg1 thr`, `g`, `callee-saved`. */
  readonly role: string;
  /** Where it says more than the register's number. */
  readonly value: Meaning | undefined;
  /** The role with its value: `arg1 thr = nil`. */
  readonly text: string;
  /** What makes it so, in words. */
  readonly how: string;
}

/** Roles of a frame's registers; a register without one is absent. */
export function registerRoles(stack: CallStack, frame: LogicalFrame): ReadonlyMap<RegisterName, RegisterRole> {
  const { physical } = frame;
  const edge = edgeOf(stack.target, physical);
  const roles = new Map<RegisterName, RegisterRole>();
  const add = (register: RegisterName, role: string, value: Meaning | undefined, how: string): void => {
    roles.set(register, { register, role, value, text: value === undefined ? role : `${role} = ${value.text}`, how });
  };
  for (const { register, role, value, how } of atEdge(stack, frame, edge)) add(register, role, value, how);
  if (edge.at === 'inside')
    for (const { register, role, value, how } of variablesInRegisters(stack, frame)) add(register, role, value, how);
  for (const { register, role, value, how } of carried(stack, frame, edge, roles)) add(register, role, value, how);
  for (const { register, role, value, how } of standing(stack, frame, edge, roles.get('r14')?.role)) add(register, role, value, how);
  return roles;
}

/** What a register holds, in words. */
export interface Meaning {
  readonly is: 'nil' | 'address' | 'other';
  /** `nil`, `0x48b9dd <main.main+29>`, `3`. */
  readonly text: string;
}

export const other = (text: string): Meaning => ({ is: 'other', text });

interface Found {
  readonly register: RegisterName;
  readonly role: string;
  readonly value: Meaning | undefined;
  readonly how: string;
}

/** What signature and convention say of the edge; inside a function, what is left of its entry. */
function atEdge(stack: CallStack, frame: LogicalFrame, edge: Edge): readonly Found[] {
  const { physical } = frame;
  switch (edge.at) {
    case 'entry':
      return ofConvention(stack, frame, edge.func, 'entry', `at the entry of ${edge.func.name}`);
    case 'call': {
      const results = edge.returned === undefined ? [] : resultsOf(stack, frame, edge.returned);
      if (edge.callee === undefined) return results;
      const going = `about to ${edge.tail ? 'jump to' : 'call'} ${edge.callee.name}`;
      // What a register is for the coming call counts more than where it came from.
      return [...results, ...ofConvention(stack, frame, edge.callee, 'entry', going)];
    }
    case 'return':
      return ofConvention(stack, frame, edge.func, 'results', `at the return of ${edge.func.name}`);
    case 'returned':
      return resultsOf(stack, frame, edge.returned);
    case 'syscall': {
      const number = Number(physical.registers.get('rax')?.value ?? -1n);
      return [
        {
          register: 'rax',
          role: LINUX_SYSCALL.atEntry.get('rax')!,
          value: other(stack.target.process.syscallName(number)),
          how: 'at a SYSCALL instruction',
        },
      ];
    }
    case 'inside': {
      const { func, exact, pc } = physical;
      if (func === undefined || !exact) return [];
      const kept = unchangedSinceEntry(stack.target.memory, func.entry, func.end, pc);
      const here = ofConvention(stack, frame, func, 'entry', `not written since the entry of ${func.name}`);
      return here.filter(({ register }) => (kept as ReadonlySet<RegisterName>).has(register));
    }
  }
}

function resultsOf(stack: CallStack, frame: LogicalFrame, callee: Func): readonly Found[] {
  return ofConvention(stack, frame, callee, 'results', `${callee.name} has just returned`);
}

function ofConvention(stack: CallStack, frame: LogicalFrame, func: Func, which: 'entry' | 'results', how: string): readonly Found[] {
  const { convention, signature } = callable(stack.target.images, func, callerOf(stack, frame, func));
  const list = which === 'entry' ? (signature?.params ?? []) : (signature?.results ?? []);
  const places: Assignment = signature?.places ?? { params: [], results: [], stackBytes: 0, spillBytes: 0 };
  const names = list.map(({ name }) => (name.startsWith('~') ? undefined : name));
  const roles: Roles = (which === 'entry' ? rolesAtEntry : rolesAtReturn)(convention, places, names);
  const found: Found[] = [];
  for (const [register, role] of roles) {
    const value = readRegister(frame, register);
    if (!('value' in value) || role.kind === 'scratch' || role.kind === 'fixed') continue;
    if (role.kind === 'entry' && convention.atEntry.has(register) && !isSo(stack, func, register, role.text, value.value)) continue;
    const shown = role.index === undefined ? undefined : meaningOf(stack, frame, list[role.index]!, role.path ?? '', value.value);
    // Structs of debug information have their fields' numbers in the path, so that blank names do not collide.
    found.push({ register, role: role.text.replace(/\.\d+:/g, '.'), value: shown, how: `${convention.id}, ${how}` });
  }
  return found;
}

/** The function whose convention may be that of the call: assembly follows C's where C calls it. */
function callerOf(stack: CallStack, frame: LogicalFrame, func: Func): Func | undefined {
  if (!func.asm) return undefined;
  return frame.physical.func === func ? physicalFrames(stack, frame)[1]?.func : frame.physical.func;
}

/** Whether a register has the meaning that a convention gives it for some functions only. */
function isSo(stack: CallStack, func: Func, register: RegisterName, text: string, value: bigint): boolean {
  if (func.language === 'c') return false;
  if (text === 'g') return false;
  if (register !== 'rdx') return true;
  // A closure begins with the address of its code.
  const code = peek(stack.target.memory, value);
  if (code === undefined) return false;
  return func.asm ? stack.target.images.functionAt(code)?.entry === code : code === func.entry;
}

/** Variables that debug information has in one register at this place. */
function variablesInRegisters(stack: CallStack, frame: LogicalFrame): readonly Found[] {
  const found: Found[] = [];
  for (const variable of frame.variables()) {
    if (variable.location === undefined) continue;
    const evaluated = evaluateLocation(variable.location, {
      register: () => undefined,
      registerBytes: () => undefined,
      cfa: () => undefined,
      threadPointer: () => undefined,
      readMemory: () => undefined,
    });
    if (!evaluated.ok) continue;
    for (const piece of evaluated.pieces) {
      const register = piece.kind === 'register' ? (dwarfRegister(piece.register)?.name as RegisterName | undefined) : undefined;
      const value = register === undefined ? undefined : readRegister(frame, register);
      if (register === undefined || value === undefined || !('value' in value)) continue;
      const whole = evaluated.pieces.length === 1;
      const shown = whole ? meaningOf(stack, frame, variable, '', value.value) : undefined;
      found.push({ register, role: whole ? variable.name : `part of ${variable.name}`, value: shown, how: 'debug information' });
    }
  }
  return found;
}

/** At the entry of C: what the hand-made assembly around it keeps in registers that mean nothing to C. */
function* carried(stack: CallStack, frame: LogicalFrame, edge: Edge, roles: ReadonlyMap<RegisterName, RegisterRole>): Iterable<Found> {
  if (edge.at !== 'entry' || edge.func.language !== 'c') return;
  const frames = physicalFrames(stack, frame);
  const caller = frames[1]?.func;
  if (caller === undefined || conventionOf(caller).id !== 'hand-made assembly') return;
  for (const register of GPR_NAMES) {
    if (register === 'rsp' || register === 'r14' || roles.has(register)) continue;
    const from = carriedIn(stack.target, frames, register);
    if (from !== undefined)
      yield {
        register,
        role: `${from.parameter} (${from.func}'s private ABI)`,
        value: undefined,
        how: `not written since the entry of ${from.func}`,
      };
  }
}

/** Roles that do not end with the edge: stack, frame pointer, g, zero. */
function* standing(stack: CallStack, frame: LogicalFrame, edge: Edge, saved: string | undefined): Iterable<Found> {
  const { physical } = frame;
  const { func, registers } = physical;
  yield { register: 'rsp', role: stackText(physical.stack), value: undefined, how: 'the stack that it points into' };
  const go = func !== undefined && func.language !== 'c';
  const r14 = registers.get('r14')?.value;
  if (stack.target.go !== undefined && physical.g !== 0n && r14 !== undefined) {
    if (r14 === physical.g) {
      yield {
        register: 'r14',
        role: 'g',
        value: other(`${gName(stack.target, r14)}${saved === 'callee-saved' ? ', callee-saved' : ''}`),
        how: 'equal to g in thread-local storage',
      };
    } else if (func?.language === 'go' && func.abi === 'ABIInternal' && !func.wrapper) {
      yield {
        register: 'r14',
        role: `not g, which is ${gName(stack.target, physical.g)}`,
        value: undefined,
        how: 'compared with g in thread-local storage',
      };
    }
  }
  const rbp = registers.get('rbp')?.value;
  if (go && rbp !== undefined && rbp !== 0n) {
    if (physical.cfa !== undefined && rbp === physical.cfa - 16n)
      yield { register: 'rbp', role: 'frame pointer', value: undefined, how: 'it points at the saved one' };
    else if (edge.at === 'entry' && rbp > physical.sp && rbp < physical.stack.hi)
      yield { register: 'rbp', role: "caller's frame pointer", value: undefined, how: 'at entry' };
  }
  const x15 = go && func.abi === 'ABIInternal' ? readRegister(frame, 'xmm15') : undefined;
  if (x15 !== undefined && 'value' in x15) {
    yield { register: 'xmm15', role: x15.value === 0n ? 'zero' : 'not zero, which Go code expects', value: undefined, how: 'its value' };
  }
}

/** `runtime.g0 (m0)`, `g0 of m3`, `goroutine 7`; without Go's runtime the symbol, if there is one. */
export function gName(target: Target, g: bigint): string {
  const { go, images } = target;
  if (go === undefined) return describeAddress(images, g) ?? 'in thread-local storage';
  const machine = go.machineOf(g);
  if (machine?.g0 === g) {
    const symbol = describeAddress(images, g);
    return symbol === undefined ? `g0 of m${machine.id}` : `${symbol} (m${machine.id})`;
  }
  if (machine?.gsignal === g) return `gsignal of m${machine.id}`;
  return go.readable(g) ? `goroutine ${go.goroutine(g).id}` : 'no goroutine';
}

const POINTERS: ReadonlySet<Type['kind']> = new Set(['pointer', 'unsafe-pointer', 'map', 'chan', 'func']);
const SCALARS: ReadonlySet<Type['kind']> = new Set(['bool', 'int', 'uint', 'char', 'float', 'enum']);

/** A register's share of a value, as a person reads it. */
export function meaningOf(stack: CallStack, frame: LogicalFrame, { name, type }: LensParameter, path: string, value: bigint): Meaning {
  const inner = type && underlying(type);
  const pointer = inner === undefined ? RACE_POINTERS.has(name) : path === '' ? POINTERS.has(inner.kind) : /\.(ptr|type|data)$/.test(path);
  if (pointer && value === 0n) return { is: 'nil', text: 'nil' };
  const symbol = value < 0x1000n ? undefined : describeAddress(stack.target.images, BigInt.asUintN(64, value));
  const address: Meaning = { is: 'address', text: `${hex(value)}${symbol === undefined ? '' : ` <${symbol}>`}` };
  if (inner?.name === 'uintptr' && symbol !== undefined) return address;
  if (path === '' && inner !== undefined && SCALARS.has(inner.kind) && inner.size <= 8) {
    return other(printValue(stack.context(frame), { type: type!, source: bytesSource(fromUint(value, 16).subarray(0, inner.size)) }));
  }
  if (/\.(len|cap)$/.test(path)) return other(value.toString());
  return address;
}
