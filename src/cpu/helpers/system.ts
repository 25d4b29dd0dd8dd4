/**
 * Segment registers and far transfers, as far as a 64-bit process of Linux gets with them: its flat segments have the base 0, and nothing is
 * cut by a limit. Intel SDM vol. 3, chapters 3 and 5; what the descriptors hold is arch/x86/include/asm/segment.h, without 32-bit programs.
 */
import { SELECTOR, STATE, USER_CS, USER_SS } from '../layout.js';
import { immediate, operandA, operandB, operandD, raiseVector, setFlags } from './operands.js';
import { type HelperEffects, slots } from './stated.js';

interface Descriptor {
  /** Type, DPL, P and the flags above, as LAR shows them. */
  readonly rights: number;
  readonly limit: number;
  readonly writable: boolean;
}

/** The descriptors that user level may use, by selector without RPL. All can be read. */
const DESCRIPTORS: ReadonlyMap<number, Descriptor> = new Map([
  [USER_SS & ~3, { rights: 0xcff300, limit: 0xffff_ffff, writable: true }],
  [USER_CS & ~3, { rights: 0xaffb00, limit: 0xffff_ffff, writable: false }],
  // The limit of this one is the number of the CPU, for getcpu in the vDSO.
  [0x78, { rights: 0x40f500, limit: 0, writable: false }],
]);
const RPL = 3;
const isNull = (selector: number): boolean => (selector & ~RPL) === 0;
/** The error code that names a selector. */
const named = (selector: number): number => selector & ~RPL;

const isCanonical = (address: bigint): boolean => BigInt.asUintN(64, BigInt.asIntN(48, address)) === address;
/** Of operand a: 16 bits. */
const selectorIn = (view: DataView): number => view.getUint16(operandA(view), true);

const refuse = (view: DataView, selector: number): number => raiseVector(view, '#GP', { cause: 'selector', error: named(selector) });

/** d = 1 and the answer in b, when the descriptor may be looked at; otherwise d = 0. */
const look =
  (answer: (descriptor: Descriptor) => number | undefined) =>
  (view: DataView): number => {
    const descriptor = DESCRIPTORS.get(named(selectorIn(view)));
    const found = descriptor === undefined ? undefined : answer(descriptor);
    view.setBigUint64(operandD(view), found === undefined ? 0n : 1n, true);
    view.setBigUint64(operandB(view), BigInt(found ?? 0), true);
    return 0;
  };

/** Loads the segment register whose place among SELECTOR is the immediate, or SS, with the selector in a. */
function loadSegment(view: DataView): number {
  const selector = selectorIn(view);
  const place = immediate(view);
  if (place === SELECTOR.ss) return selector === USER_SS ? 0 : refuse(view, selector);
  if (!isNull(selector) && !DESCRIPTORS.has(named(selector))) return refuse(view, selector);
  view.setUint16(STATE.selectors + 2 * place, selector, true);
  if (place === SELECTOR.fs) view.setBigUint64(STATE.fsBase, 0n, true);
  if (place === SELECTOR.gs) view.setBigUint64(STATE.gsBase, 0n, true);
  return 0;
}

/** Refuses what a far transfer to the selector in a and the address in b would. A return insists on its RPL, a jump or call may have any. */
const farTransfer =
  (rpl: number) =>
  (view: DataView): number => {
    const selector = selectorIn(view);
    const target = view.getBigUint64(operandB(view), true);
    if ((selector | rpl) !== USER_CS) return refuse(view, selector);
    return isCanonical(target) ? 0 : raiseVector(view, '#GP', { cause: 'target', address: target });
  };
const farEffects: HelperEffects = { reads: slots({ a: 2, b: 8 }), writes: [], raises: ['#GP'] };

const STATUS = 0x8d5;

/** The part of IRET behind RIP and CS, which have been looked at: flags in a, SS in b, RSP in d. */
function interruptReturn(view: DataView): number {
  const selector = view.getUint16(operandB(view), true);
  if (selector !== USER_SS) return refuse(view, selector);
  const flags = view.getUint32(operandA(view), true);
  setFlags(view, flags & STATUS);
  view.setBigUint64(STATE.df, BigInt(flags & 0x400), true);
  view.setBigUint64(STATE.flagsRest, BigInt((flags & 0x24_0100) | 0x202), true);
  view.setBigUint64(STATE.gpr + 8 * 4, view.getBigUint64(operandD(view), true), true);
  return 0;
}

const writeBase =
  (place: number) =>
  (view: DataView): number => {
    const base = view.getBigUint64(operandA(view), true);
    if (!isCanonical(base)) return raiseVector(view, '#GP', { cause: 'non-canonical', address: base });
    view.setBigUint64(place, base, true);
    return 0;
  };

interface Operation {
  readonly run: (view: DataView) => number;
  readonly effects: HelperEffects;
}
const looks: HelperEffects = { reads: slots({ a: 2 }), writes: slots({ d: 8, b: 8 }) };

const OPERATIONS: Readonly<Record<string, Operation>> = {
  verr: { run: look(() => 1), effects: looks },
  verw: { run: look(({ writable }) => (writable ? 1 : undefined)), effects: looks },
  lar: { run: look(({ rights }) => rights), effects: looks },
  lsl: { run: look(({ limit }) => limit), effects: looks },
  loadsegment: {
    run: loadSegment,
    effects: { reads: slots({ a: 2 }), writes: slots({ selectors: 8, fsBase: 8, gsBase: 8 }), raises: ['#GP'] },
  },
  farjump: { run: farTransfer(RPL), effects: farEffects },
  farreturn: { run: farTransfer(0), effects: farEffects },
  iret: {
    run: interruptReturn,
    effects: {
      reads: slots({ a: 4, b: 2, d: 8 }),
      writes: slots({ rsp: 8, df: 8, flagsRest: 8 }),
      setsFlags: true,
      raises: ['#GP'],
    },
  },
  wrfsbase: { run: writeBase(STATE.fsBase), effects: { reads: slots({ a: 8 }), writes: slots({ fsBase: 8 }), raises: ['#GP'] } },
  wrgsbase: { run: writeBase(STATE.gsBase), effects: { reads: slots({ a: 8 }), writes: slots({ gsBase: 8 }), raises: ['#GP'] } },
};

export const SYSTEM_OPS: readonly string[] = Object.keys(OPERATIONS);
const runs = Object.values(OPERATIONS).map(({ run }) => run);

/** The number of an operation, for STATE.helperOp. */
export function systemNumber(name: string): number {
  const number = SYSTEM_OPS.indexOf(name);
  if (number < 0) throw new Error(`no system operation ${name}`);
  return number;
}

export const systemEffects = (name: string): HelperEffects => OPERATIONS[name]!.effects;

/** The helper: runs the operation that the STATE.helper* fields describe. */
export const system = (view: DataView): number => runs[view.getInt32(STATE.helperOp, true)]!(view);
