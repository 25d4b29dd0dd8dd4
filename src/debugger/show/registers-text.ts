/** Registers of a frame as lines and as data. */

import { ABI_INTERNAL, type RegisterName } from '../../abi/convention.js';
import { REGISTERS, type RegisterKind, registerCalled, registerNamed } from '../../abi/registers.js';
import type { Data } from '../answer.js';
import { isMissing, missingText } from '../known.js';
import { type RegisterRole, registerRoles } from '../lens/roles.js';
import type { Region } from '../memory/landmarks.js';
import { chainOf, chainText } from '../memory/pointer-chain.js';
import type { LogicalFrame } from '../stack/frame.js';
import { readRegister } from '../stack/frame-context.js';
import type { CallStack } from '../target.js';
import { flagNames } from '../values/flag-names.js';
import { type LaneKind, lanesText } from '../values/lanes.js';

/** Registers of every day: the others are shown when they are asked for. */
const EVERYDAY: ReadonlySet<RegisterKind> = new Set(['general', 'pointer', 'flags', 'base']);
/** Registers that may hold an address. */
const WORDS: ReadonlySet<RegisterKind> = new Set(['general', 'pointer', 'base']);

export const registerNames = (all: boolean): readonly string[] =>
  REGISTERS.filter(({ kind }) => all || EVERYDAY.has(kind)).map(({ name }) => name);

/** The vector registers in their whole width. */
export const VECTOR_NAMES: readonly string[] = REGISTERS.filter(({ bits }) => bits === 256).map(({ name }) => name);

/** The register that a user's name means: `$rdi`, `RDI`, `pc`. Nothing when there is none. */
export const registerWritten = (name: string): string | undefined => registerCalled(name.replace(/^[$%]/, '').toLowerCase())?.name;

/** A register of a frame and what is known of it. */
export interface RegisterFact {
  readonly name: string;
  /** Absent: lost, and `shown` says how. */
  readonly value?: bigint;
  /** `0x7fffffffec98`, `<clobbered>`. */
  readonly shown: string;
  /** What it is: `arg1 thr = nil`, `g0 stack, 7.1 KiB used`, `main.main+0x14`; empty when nothing is known. */
  readonly text: string;
  /** What it is the address of. */
  readonly region?: Region;
  /** It is here for a purpose: an argument or result, a variable, g, the stack. */
  readonly meant: boolean;
}

/** `lanes`: how vector registers are told; several ways if it is not said. */
export function registerFacts(stack: CallStack, frame: LogicalFrame, names: readonly string[], lanes?: LaneKind): readonly RegisterFact[] {
  const roles = registerRoles(stack, frame);
  return names.map((name): RegisterFact => {
    const known = readRegister(frame, name);
    if (isMissing(known)) return { name, shown: missingText(known), text: '', meant: false };
    const { value } = known;
    const role = roles.get(name as RegisterName);
    const meant = name === 'rsp' || name === 'eflags' || (role !== undefined && role.value !== undefined);
    const base = { name, value, shown: shown(name, value), meant };
    if (name === 'rsp') return { ...base, text: `${role?.role ?? 'stack'}, ${usedText(frame)}`, region: 'stack' };
    if (!WORDS.has(kindOf(name)!)) return { ...base, text: withRole(special(name, value, lanes), role) };
    const chain = chainOf(stack, value, nextArgument(frame, name));
    const region = chain.links[0]!.landmark?.region;
    return { ...base, text: withRole(chainText(chain), role), ...(region === undefined ? {} : { region }) };
  });
}

/** What is in the register that Go's convention takes after one: the length, behind a string's pointer. */
function nextArgument(frame: LogicalFrame, name: string): bigint | undefined {
  const order: readonly string[] = ABI_INTERNAL.integerArguments;
  const next = order.includes(name) ? order[order.indexOf(name) + 1] : undefined;
  const known = next === undefined ? undefined : readRegister(frame, next);
  return known === undefined || isMissing(known) ? undefined : known.value;
}

/** One line each: name, value, what it is. */
export function registerLines(stack: CallStack, frame: LogicalFrame, names: readonly string[], kind?: LaneKind): readonly string[] {
  return registerFacts(stack, frame, names, kind).map(fact => `${fact.name.padEnd(8)} ${fact.shown.padEnd(18)} ${fact.text}`.trimEnd());
}

const sizeText = (bytes: bigint): string => (bytes < 1024n ? `${bytes} bytes` : `${(Number(bytes) / 1024).toFixed(1)} KiB`);

/** How much of the stack lies above the stack pointer. */
function usedText({ physical }: LogicalFrame): string {
  const { stack, sp } = physical;
  const used = `${sizeText(stack.hi - sp)} used`;
  return sp < stack.lo ? `${used}, ${sizeText(stack.lo - sp)} below its end: overflow` : used;
}

/** A map of lower-case name to hex; a register that is lost is null. */
export function registerData(frame: LogicalFrame, names: readonly string[]): Data {
  return Object.fromEntries(
    names.map(name => {
      const value = readRegister(frame, name);
      return [name, isMissing(value) ? null : shown(name, value.value)];
    }),
  );
}

const kindOf = (name: string): RegisterKind | undefined => registerNamed(name)?.kind;

/** Vector and x87 registers in full width, the others without leading zeros. */
function shown(name: string, value: bigint): string {
  const row = registerNamed(name);
  const wide = row?.kind === 'vector' || row?.kind === 'x87' || row?.kind === 'mmx';
  return `0x${value.toString(16).padStart(wide ? row.bits / 4 : 1, '0')}`;
}

/** Registers that hold no address or number. */
function special(name: string, value: bigint, kind: LaneKind | undefined): string {
  switch (kindOf(name)) {
    case 'flags':
      return flagNames(value);
    case 'vector':
      return value === 0n ? '' : lanesText(value, registerNamed(name)!.bits, kind === undefined ? EVERYDAY_LANES : [kind]);
    case 'mmx':
      return value === 0n ? '' : lanesText(value, 64, kind === undefined ? MMX_LANES : [kind]);
    case 'x87':
      return String(extendedToNumber(value));
    default:
      return name === 'mxcsr' ? mxcsrNames(value) : '';
  }
}

/** A role that tells the value says all; one of arguments and variables comes before what the value is, one that stands for long behind it. */
function withRole(meaning: string, role: RegisterRole | undefined): string {
  if (role === undefined) return meaning;
  if (role.value === undefined) return meaning === '' ? role.role : `${meaning}  (${role.role})`;
  return role.value.is === 'address' && meaning !== '' ? `${role.role}  ${meaning}` : role.text;
}

function mxcsrNames(value: bigint): string {
  const names = ['IE', 'DE', 'ZE', 'OE', 'UE', 'PE', 'DAZ', 'IM', 'DM', 'ZM', 'OM', 'UM', 'PM'];
  const set = names.filter((_, bit) => (value >> BigInt(bit)) & 1n);
  const rounding = ['RN', 'R-', 'R+', 'RZ'][Number((value >> 13n) & 3n)]!;
  return [...set, rounding, ...((value >> 15n) & 1n ? ['FZ'] : [])].join(' ');
}

const EVERYDAY_LANES: readonly LaneKind[] = ['double', 'int32', 'int64'];
const MMX_LANES: readonly LaneKind[] = ['int32', 'int16'];

/** An x87 register as the nearest double. */
function extendedToNumber(value: bigint): number {
  const sign = (value >> 79n) & 1n ? -1 : 1;
  const exponent = Number((value >> 64n) & 0x7fffn);
  const mantissa = value & 0xffff_ffff_ffff_ffffn;
  if (exponent === 0x7fff) return mantissa << 1n === 1n << 64n ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (mantissa === 0n) return sign * 0;
  return sign * (Number(mantissa) / 2 ** 63) * 2 ** (exponent - 16383);
}
