/** Expressions as commands use them: evaluated in the selected frame, with errors that point into the command line. */
import type { Watch } from '../cpu/api.js';
import { CommandError } from './errors.js';
import { readRegister } from './frame-context.js';
import { type Resolved, resolveLocation } from './locations.js';
import type { Session } from './session.js';

/** Addresses of a location specification, relative to the selected frame. */
export function locate(session: Session, spec: string, column: number, atEntry = false): Resolved {
  const frame = session.exited ? undefined : session.frame;
  const address = (text: string) => addressOf(session, text, column + 1);
  return resolveLocation(spec, { images: session.images, file: frame?.file, line: frame?.line, address }, column, atEntry);
}

/** The address that an expression means: a number, a pointer, a register, a function, or the place of a variable. */
export function addressOf(session: Session, text: string, column: number): bigint {
  const sum = /^(.+?)\s*([+-])\s*(0x[0-9a-fA-F]+|\d+)$/.exec(text);
  if (sum) {
    const offset = BigInt(sum[3]!);
    const base = addressOf(session, sum[1]!, column);
    return BigInt.asUintN(64, sum[2] === '+' ? base + offset : base - offset);
  }
  if (/^(0x[0-9a-fA-F]+|\d+)$/.test(text)) return BigInt.asUintN(64, BigInt(text));
  const register = /^\$?([a-zA-Z]\w*)$/.exec(text)?.[1]?.toLowerCase();
  if (register !== undefined) {
    const name = { pc: 'rip', sp: 'rsp', fp: 'rbp' }[register] ?? register;
    const known = session.exited ? undefined : readRegister(session.frame, name);
    if (known !== undefined && 'value' in known) return known.value;
  }
  const symbol = session.images.functionsNamed(text)[0]?.entry ?? session.images.symbolsNamed(text.replace(/^&/, ''))[0]?.address;
  if (symbol !== undefined) return symbol;
  throw new CommandError(`cannot tell what "${text}" is`, column);
}

export function holds(session: Session, condition: string): boolean {
  return addressOf(session, condition, 0) !== 0n;
}

/** The bytes of a watched range as a number, or as hex when it is longer than a word. */
export function printedWatch(session: Session, watch: Watch): string {
  const { memory } = session.process;
  if (!memory.allows(watch.address, watch.length, 'read')) return '<unreadable>';
  const bytes = memory.read(watch.address, watch.length);
  const digits = [...bytes].reverse().map(byte => byte.toString(16).padStart(2, '0'));
  return `0x${digits.join('').replace(/^0+(?=.)/, '')}`;
}

/** Fails when a condition cannot be parsed; whether it can be evaluated shows at the stop. */
export function checkCondition(_session: Session, condition: string, column: number): void {
  if (condition === '') throw new CommandError('the condition is missing', column);
}

/** The memory that an expression to watch stands for. */
export function watchTarget(session: Session, text: string, column: number): { readonly address: bigint; readonly length: number } {
  const indirect = /^\*\s*(.+)$/.exec(text);
  if (indirect) return { address: addressOf(session, indirect[1]!, column + text.length - indirect[1]!.length), length: 8 };
  return { address: addressOf(session, text, column), length: 8 };
}
