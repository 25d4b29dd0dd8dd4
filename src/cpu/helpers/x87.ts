/**
 * x87 instructions on the register file. Memory operands come in `a` (already loaded); what goes to memory is left in `d`, with the status
 * and tag words that become true when the store has succeeded in `d + 16` and `d + 24`. ST(i)'s number is the immediate.
 */
import { STATE } from '../layout.js';
import * as sf from '../softfloat/index.js';
import { F32, F64, type FloatEnv, type FloatFormat, X80 } from '../softfloat/index.js';
import { immediate, operandA, operandD, raiseVector, readWide, setFlags, writeWide } from './operands.js';
import { type HelperEffects, slots } from './stated.js';
import { CONSTANT_NAMES, constant } from './x87-constants.js';
import { initialize, loadEnvironment, loadFxImage, setControl, storeEnvironment, storeFxImage, writeTen } from './x87-image.js';
import { FSW, Stack } from './x87-stack.js';
import { getControl, lookAtHeader, restoreArea, saveArea } from './xsave.js';

/** Returns 1 when it leaves with an exception, and 0 when the status words must stay as they are for now. */
// biome-ignore lint/suspicious/noConfusingVoidType: most operations have nothing to say
type Run = (stack: Stack, view: DataView) => number | void;
/** What an operation does beside reading and writing the stack and the control, status and tag words. `looks`: it does no more than look for a pending exception. */
type X87Op = Run & { readonly beside?: Partial<HelperEffects>; readonly looks?: true };
const beside = (beside: Partial<HelperEffects>, run: Run): X87Op => Object.assign(run, { beside });
/** One that takes so many bytes of `a`. */
const taking = (bytes: number, run: Run): X87Op => beside({ reads: slots({ a: bytes }) }, run);

type Arithmetic = (env: FloatEnv, f: FloatFormat, a: bigint, b: bigint) => bigint;

const ARITHMETIC: Readonly<Record<string, Arithmetic>> = {
  fadd: sf.add,
  fsub: sf.sub,
  fsubr: (env, f, a, b) => sf.sub(env, f, b, a),
  fmul: sf.mul,
  fdiv: sf.div,
  fdivr: (env, f, a, b) => sf.div(env, f, b, a),
};

const SOURCE_BYTES: Readonly<Record<string, number>> = { m32: 4, m64: 8, i16: 2, i32: 4 };
/** A memory operand as an extended value; NaNs stay as they are, and a subnormal is noted in the environment. */
const SOURCES: Readonly<Record<string, (env: FloatEnv, bits: bigint) => bigint>> = {
  m32: (env, bits) => sf.widen(env, F32, BigInt.asUintN(32, bits)),
  m64: (env, bits) => sf.widen(env, F64, BigInt.asUintN(64, bits)),
  i16: (env, bits) => sf.fromInt(env, X80, BigInt.asIntN(16, bits)),
  i32: (env, bits) => sf.fromInt(env, X80, BigInt.asIntN(32, bits)),
};

function arithmetic(fn: Arithmetic, from: string): X87Op {
  return taking(SOURCE_BYTES[from] ?? 0, (stack, view) => {
    const { env } = stack;
    const source = from === 'st' ? immediate(view) : undefined;
    const empty = stack.isEmpty(0) || (source !== undefined && stack.isEmpty(source));
    if (empty && !stack.fault(false)) return;
    if (empty) return stack.set(0, X80.indefinite);
    const b = source === undefined ? SOURCES[from]!(env, readWide(view, operandA(view))) : stack.get(source);
    const result = fn(env, X80, stack.get(0), b);
    if (stack.settle()) stack.set(0, result);
  });
}

/** ST(i) = ST(i) op ST(0), then perhaps a pop. */
function arithmeticTo(fn: Arithmetic, pops: boolean): X87Op {
  return (stack, view) => {
    const i = immediate(view);
    const empty = stack.isEmpty(0) || stack.isEmpty(i);
    if (empty && !stack.fault(false)) return;
    if (empty) stack.set(i, X80.indefinite);
    else {
      const result = fn(stack.env, X80, stack.get(i), stack.get(0));
      if (!stack.settle()) return;
      stack.set(i, result);
    }
    if (pops) stack.pop();
  };
}

const CODES = { less: FSW.c0, equal: FSW.c3, greater: 0, unordered: FSW.c0 | FSW.c2 | FSW.c3 } as const;
const RFLAGS = { less: 0x01, equal: 0x40, greater: 0, unordered: 0x45 } as const;

function comparison(from: string, signalling: boolean, pops: number, toFlags = false): X87Op {
  return beside({ reads: slots({ a: SOURCE_BYTES[from] ?? 0 }), setsFlags: toFlags }, (stack, view) => {
    const source = from === 'st' ? immediate(view) : undefined;
    const empty = stack.isEmpty(0) || (source !== undefined && stack.isEmpty(source));
    const c1 = stack.fsw & FSW.c1;
    let order: sf.Ordering = 'unordered';
    let goesOn: boolean;
    if (empty) goesOn = stack.fault(false);
    else {
      const b = source !== undefined ? stack.get(source) : from === 'zero' ? 0n : SOURCES[from]!(stack.env, readWide(view, operandA(view)));
      order = sf.compare(stack.env, X80, stack.get(0), b, signalling);
      goesOn = stack.settle();
      if (toFlags) stack.fsw |= c1;
    }
    if (toFlags) setFlags(view, RFLAGS[order]);
    else stack.setCodes(CODES[order]);
    for (let n = 0; n < pops && goesOn; n++) stack.pop();
  });
}

/** ST(0) = f(ST(0)). */
function unary(fn: (env: FloatEnv, a: bigint) => bigint): X87Op {
  return stack => {
    if (stack.isEmpty(0)) {
      if (stack.fault(false)) stack.set(0, X80.indefinite);
      return;
    }
    const result = fn(stack.env, stack.get(0));
    if (stack.settle()) stack.set(0, result);
  };
}

/** ST(0) = f(ST(0), ST(1)), ST(1) stays. */
function binary(fn: (stack: Stack, a: bigint, b: bigint) => bigint): X87Op {
  return stack => {
    if (stack.isEmpty(0) || stack.isEmpty(1)) {
      if (stack.fault(false)) stack.set(0, X80.indefinite);
      return;
    }
    const result = fn(stack, stack.get(0), stack.get(1));
    if (stack.settle()) stack.set(0, result);
  };
}

const X80_ONE = 0x3fff8000000000000000n;
const isExtendedNaN = (bits: bigint): boolean => ['quiet', 'signalling'].includes(sf.unpack(X80, bits).class);

/** ST(0) = f(ST(0)), and what is pushed then. C2 says that the argument was too large. */
function circle(which: keyof sf.Circle, then?: 'cos' | 'one'): X87Op {
  return stack => {
    const { env } = stack;
    stack.fsw &= ~FSW.c2;
    const empty = stack.isEmpty(0);
    const full = then !== undefined && !stack.isEmpty(7);
    if (empty || full) {
      if (!stack.fault(!empty)) return;
      stack.set(0, X80.indefinite);
      if (then === undefined) return;
      stack.top = stack.top - 1;
      stack.set(0, X80.indefinite);
      return;
    }
    const argument = stack.get(0);
    const result = sf.circular(env, argument, which);
    if (result === undefined) {
      stack.setC1(false);
      stack.fsw |= FSW.c2;
      return;
    }
    const pushed = then === 'cos' ? sf.circular(env, argument, 'cos')! : isExtendedNaN(result) ? result : X80_ONE;
    if (!stack.settle()) return;
    stack.set(0, result);
    if (then !== undefined) stack.push(pushed);
  };
}

/** ST(1) = f(ST(1), ST(0)), then a pop. */
function binaryPop(fn: (env: FloatEnv, y: bigint, x: bigint) => bigint): X87Op {
  return stack => {
    const empty = stack.isEmpty(0) || stack.isEmpty(1);
    const result = empty ? X80.indefinite : fn(stack.env, stack.get(1), stack.get(0));
    if (!(empty ? stack.fault(false) : stack.settle())) return;
    stack.set(1, result);
    stack.pop();
  };
}

function partialRemainder(nearest: boolean): X87Op {
  return stack => {
    stack.fsw &= ~FSW.c2;
    if (stack.isEmpty(0) || stack.isEmpty(1)) {
      if (stack.fault(false)) stack.set(0, X80.indefinite);
      return;
    }
    const { bits, quotient, partial } = sf.remainder(stack.env, stack.get(0), stack.get(1), nearest);
    if (!stack.settle()) return;
    stack.set(0, bits);
    // Without a quotient C3 and C0 stay.
    if (quotient === undefined) return;
    const q = (quotient & 1 ? FSW.c1 : 0) | (quotient & 2 ? FSW.c3 : 0) | (quotient & 4 ? FSW.c0 : 0);
    stack.setCodes(q | (partial ? FSW.c2 : 0));
  };
}

/** Pushes what the source gives, unless an unmasked invalid operation forbids it. */
function load(source: (env: FloatEnv, bits: bigint) => bigint, bytes = 0): X87Op {
  return taking(bytes, (stack, view) => {
    stack.setC1(false);
    if (!stack.isEmpty(7)) return stack.push(0n);
    const bits = source(stack.env, readWide(view, operandA(view)));
    stack.settle();
    if ((stack.env.unmasked & sf.EXCEPTION_FLAG.invalid) === 0) stack.push(bits);
  });
}

/**
 * Puts the value for memory in `d`, which holds what memory has now: an unmasked exception leaves that, and the store that follows changes
 * nothing. The words are committed by the moves behind the store.
 */
function store(value: (env: FloatEnv, bits: bigint) => bigint, indefinite: bigint, pops: boolean): X87Op {
  return beside({ writes: slots({ d: STORED_BYTES }) }, (stack, view) => {
    const d = operandD(view);
    const empty = stack.isEmpty(0);
    let goesOn: boolean;
    let bits = indefinite;
    if (empty) goesOn = stack.fault(false);
    else {
      bits = value(stack.env, stack.get(0));
      stack.settle();
      goesOn = (stack.env.unmasked & ~sf.EXCEPTION_FLAG.inexact) === 0;
    }
    if (goesOn) writeWide(view, d, bits);
    if (goesOn && pops) stack.pop();
    stack.save(d + 16, d + 24);
    return 0;
  });
}
/** The value, and the status and tag words. */
const STORED_BYTES = 28;

const convertTo =
  (f: FloatFormat) =>
  (env: FloatEnv, bits: bigint): bigint =>
    sf.convertFloat(env, X80, f, bits);
const integerTo =
  (width: number, truncate: boolean) =>
  (env: FloatEnv, bits: bigint): bigint =>
    sf.toInt(env, X80, bits, width, truncate);

function table(): Record<string, X87Op> {
  const ops: Record<string, X87Op> = {};
  for (const [name, fn] of Object.entries(ARITHMETIC)) {
    for (const from of ['st', 'm32', 'm64', 'i16', 'i32']) ops[`${name}_${from}`] = arithmetic(fn, from);
    ops[`${name}_to`] = arithmeticTo(fn, false);
    ops[`${name}p_to`] = arithmeticTo(fn, true);
  }
  for (const from of ['st', 'm32', 'm64', 'i16', 'i32']) {
    ops[`fcom_${from}`] = comparison(from, true, 0);
    ops[`fcomp_${from}`] = comparison(from, true, 1);
  }
  ops.fcompp_st = comparison('st', true, 2);
  ops.fucom_st = comparison('st', false, 0);
  ops.fucomp_st = comparison('st', false, 1);
  ops.fucompp_st = comparison('st', false, 2);
  ops.ftst = comparison('zero', true, 0);
  ops.fcomi = comparison('st', true, 0, true);
  ops.fcomip = comparison('st', true, 1, true);
  ops.fucomi = comparison('st', false, 0, true);
  ops.fucomip = comparison('st', false, 1, true);

  ops.fsqrt = unary((env, a) => sf.sqrt(env, X80, a));
  ops.frndint = unary((env, a) => sf.roundToInt(env, X80, a, env.rounding, false));
  ops.fabs = unary((_, a) => a & ~X80.signBit);
  ops.fchs = unary((_, a) => a ^ X80.signBit);
  ops.fscale = binary((stack, a, b) => sf.scale(stack.env, a, b));
  ops.fprem = partialRemainder(false);
  ops.fprem1 = partialRemainder(true);
  ops.f2xm1 = unary(sf.exp2m1);
  ops.fyl2x = binaryPop(sf.yLog2);
  ops.fyl2xp1 = binaryPop(sf.yLog2Plus1);
  ops.fpatan = binaryPop(sf.arcTangent);
  ops.fsin = circle('sin');
  ops.fcos = circle('cos');
  ops.fsincos = circle('sin', 'cos');
  ops.fptan = circle('tan', 'one');
  ops.fxtract = stack => {
    const empty = stack.isEmpty(0);
    const full = !stack.isEmpty(7);
    if (empty || full) {
      if (!stack.fault(!empty)) return;
      stack.set(0, X80.indefinite);
      stack.top = stack.top - 1;
      stack.set(0, X80.indefinite);
      return;
    }
    const { exponent, significand } = sf.extract(stack.env, stack.get(0));
    if (!stack.settle()) return;
    stack.set(0, exponent);
    stack.push(significand);
  };
  ops.fxam = stack => {
    const bits = stack.get(0);
    const kind = stack.isEmpty(0) ? FSW.c3 | FSW.c0 : sf.examineX87(bits);
    stack.setCodes(kind | ((bits & X80.signBit) !== 0n ? FSW.c1 : 0));
  };

  ops.fld_st = (stack, view) => {
    const empty = stack.isEmpty(immediate(view));
    const bits = empty ? X80.indefinite : stack.get(immediate(view));
    stack.setC1(false);
    if (!empty) stack.push(bits);
    else if (stack.fault(false)) {
      stack.top = stack.top - 1;
      stack.set(0, bits);
    }
  };
  ops.fld_m32 = load((env, bits) => sf.convertFloat(env, F32, X80, BigInt.asUintN(32, bits)), 4);
  ops.fld_m64 = load((env, bits) => sf.convertFloat(env, F64, X80, BigInt.asUintN(64, bits)), 8);
  ops.fld_m80 = load((_, bits) => BigInt.asUintN(80, bits), 10);
  ops.fbld = load((env, bits) => sf.fromDecimal(env, BigInt.asUintN(80, bits)), 10);
  for (const width of [16, 32, 64]) ops[`fild_${width}`] = load((env, bits) => sf.fromInt(env, X80, BigInt.asIntN(width, bits)), width / 8);
  for (const name of CONSTANT_NAMES) ops[name] = load(env => constant(env, name));

  for (const [suffix, pops] of [
    ['', false],
    ['p', true],
  ] as const) {
    ops[`fst${suffix}_m32`] = store(convertTo(F32), F32.indefinite, pops);
    ops[`fst${suffix}_m64`] = store(convertTo(F64), F64.indefinite, pops);
    for (const width of [16, 32, 64]) {
      ops[`fist${suffix}_${width}`] = store(integerTo(width, false), 1n << BigInt(width - 1), pops);
      if (pops) ops[`fisttp_${width}`] = store(integerTo(width, true), 1n << BigInt(width - 1), true);
    }
    ops[`fst${suffix}_st`] = (stack, view) => {
      const i = immediate(view);
      const empty = stack.isEmpty(0);
      stack.setC1(false);
      if (empty && !stack.fault(false)) return;
      stack.set(i, empty ? X80.indefinite : stack.get(0));
      if (pops) stack.pop();
    };
  }
  ops.fstp_m80 = store((_, bits) => bits, X80.indefinite, true);
  ops.fbstp = store(sf.toDecimal, 0xffffc000000000000000n, true);

  ops.fxch = (stack, view) => {
    const i = immediate(view);
    const empty = stack.isEmpty(0) || stack.isEmpty(i);
    stack.setC1(false);
    if (empty && !stack.fault(false)) return;
    const [a, b] = [0, i].map(n => (stack.isEmpty(n) ? X80.indefinite : stack.get(n))) as [bigint, bigint];
    stack.set(0, b);
    stack.set(i, a);
  };
  /** The row has put the condition in `a`. */
  ops.fcmov = taking(1, (stack, view) => {
    const i = immediate(view);
    const empty = stack.isEmpty(0) || stack.isEmpty(i);
    if (empty && !stack.fault(false)) return;
    const taken = view.getUint8(operandA(view)) !== 0;
    if (empty) stack.set(0, X80.indefinite);
    else if (taken) stack.set(0, stack.get(i));
  });
  ops.ffree = (stack, view) => {
    stack.setC1(false);
    stack.free(immediate(view));
  };
  ops.ffreep = (stack, view) => {
    stack.setC1(false);
    stack.free(immediate(view));
    stack.pop();
  };
  /** FSTP that does not mind an empty register. */
  ops.fstpnce = (stack, view) => {
    stack.setC1(false);
    if (!stack.isEmpty(0)) stack.set(immediate(view), stack.get(0));
    stack.pop();
  };
  ops.fincstp = stack => {
    stack.setC1(false);
    stack.top = stack.top + 1;
  };
  ops.fdecstp = stack => {
    stack.setC1(false);
    stack.top = stack.top - 1;
  };
  ops.fwait = Object.assign(() => undefined, { looks: true as const });
  ops.emms = stack => {
    stack.top = 0;
    stack.ftw = 0xffff;
  };
  ops.fldcw = beside({ reads: slots({ a: 2 }), writes: CONTROL }, (stack, view) => {
    setControl(stack, view.getUint16(operandA(view), true));
  });
  /** The immediate of these and their opposites is the number of bytes of the environment, 28 or 14. */
  ops.fldenv = beside({ reads: IMAGE, writes: CONTROL }, (stack, view) => loadEnvironment(stack, immediate(view)));
  ops.frstor = beside({ reads: IMAGE, writes: CONTROL }, (stack, view) => {
    const bytes = immediate(view);
    loadEnvironment(stack, bytes);
    for (let i = 0; i < 8; i++) stack.setRaw(i, readWide(view, STATE.image + bytes + 10 * i));
  });
  return { ...ops, ...withoutWaiting };
}

const WORDS = slots({ fsw: 4, ftw: 4, x87: 128 });
const CONTROL = slots({ fcw: 4 });
const VECTORS = slots({ mxcsr: 4, xmm: 256 });
const IMAGE = slots({ image: 512 });
const ALL_VECTORS = [...VECTORS, ...slots({ ymmHigh: 256, rax: 4 })];
/** XSAVE's area, and what the ops around are told of it. */
const AREA = slots({ image: 832, a: 8, b: 8, d: 8 });

/** These do not look for pending exceptions. */
const withoutWaiting: Record<string, X87Op> = {
  fninit: beside({ writes: CONTROL }, stack => initialize(stack)),
  fnclex: stack => {
    stack.fsw &= ~(FSW.busy | FSW.summary | FSW.stackFault | 0x3f);
  },
  /** FXSAVE is one as well. */
  fxsave: beside({ reads: VECTORS, writes: IMAGE }, stack => storeFxImage(stack)),
  fxrstor: beside({ reads: IMAGE, writes: [...CONTROL, ...VECTORS], raises: ['#GP'] }, (stack, view) =>
    loadFxImage(stack) ? undefined : raiseVector(view, '#GP', { cause: 'reserved' }),
  ),
  /** The image is stored before this takes effect, so it only leaves it. */
  fnstenv: beside({ writes: IMAGE }, (stack, view) => storeEnvironment(stack, immediate(view))),
  fnsave: beside({ writes: IMAGE }, (stack, view) => {
    const bytes = immediate(view);
    storeEnvironment(stack, bytes);
    for (let i = 0; i < 8; i++) writeTen(view, STATE.image + bytes + 10 * i, stack.get(i));
  }),
  xsave: beside({ reads: ALL_VECTORS, writes: AREA }, stack => saveArea(stack, false, false)),
  xsaveopt: beside({ reads: ALL_VECTORS, writes: AREA }, stack => saveArea(stack, true, false)),
  xsavec: beside({ reads: ALL_VECTORS, writes: AREA }, stack => saveArea(stack, true, true)),
  xrstorheader: beside({ reads: AREA, writes: slots({ d: 8 }), raises: ['#GP'] }, stack => lookAtHeader(stack)),
  xrstor: beside({ reads: [...AREA, ...ALL_VECTORS, ...slots({ d: 8 })], writes: [...CONTROL, ...ALL_VECTORS], raises: ['#GP'] }, stack =>
    restoreArea(stack),
  ),
  xgetbv: beside({ reads: [...ALL_VECTORS, ...slots({ rcx: 4 })], writes: slots({ rax: 8, rdx: 8 }), raises: ['#GP'] }, stack =>
    getControl(stack),
  ),
  /** What FNSTENV does behind its store. */
  maskall: beside({ writes: CONTROL }, stack => setControl(stack, stack.fcw | 0x3f)),
};

const OPS = table();
const names = Object.keys(OPS);
const ops = Object.values(OPS);
const firstWithoutWaiting = ops.length - Object.keys(withoutWaiting).length;

/** The number of an operation, for STATE.helperOp. */
export function x87Number(name: string): number {
  const number = names.indexOf(name);
  if (number < 0) throw new Error(`no x87 operation ${name}`);
  return number;
}

export function x87Effects(name: string): HelperEffects {
  const { reads = [], writes = [], raises = [], setsFlags = false } = OPS[name]!.beside ?? {};
  if (OPS[name]!.looks) return { reads: slots({ fsw: 4 }), writes: [], raises: ['#MF'] };
  const waits = x87Number(name) < firstWithoutWaiting;
  return {
    reads: [...CONTROL, ...WORDS, ...reads],
    writes: [...WORDS, ...writes],
    setsFlags,
    raises: waits ? ['#MF', ...raises] : raises,
  };
}

/** The names of all operations. */
export const X87_OPS: readonly string[] = names;

/** Makes the helper of a machine: it runs the operation that the STATE.helper* fields describe, and raises #MF when one is pending. */
export function makeX87(view: DataView): () => number {
  const stack = new Stack(view);
  return () => {
    stack.load();
    const number = view.getInt32(STATE.helperOp, true);
    if ((stack.fsw & FSW.summary) !== 0 && number < firstWithoutWaiting) return raiseVector(view, '#MF');
    const left = ops[number]!(stack, view);
    if (left === undefined) stack.save();
    return left ?? 0;
  };
}
