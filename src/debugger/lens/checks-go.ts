/** What must hold of Go code where it is entered, from wherever, and where anything returns to it (Go ABI specification). */
import { dwarfNumber } from '../../abi/registers.js';
import { EDGE } from '../../cpu/layout.js';
import { hex } from '../../host/hex.js';
import type { Func } from '../../image/api.js';
import { fieldOffset, releaseOf } from '../../runtime/layout.js';
import { INTERNAL_TLS } from '../../runtime/tls.js';
import { instructionsIn } from '../code/decode.js';
import { instrumented } from '../code/instrumented.js';
import { openerNumber, type RaceWay } from './checks-race.js';
import type { Violation } from './rules.js';
import type { EdgeRule, Scrutiny } from './scrutiny.js';

const RBP = 5;
const R14 = 14;
const DWARF_RBP = dwarfNumber('rbp');
const DWARF_RSP = dwarfNumber('rsp');
/** The Go 1.N whose assembly keeps frame pointers over every change of stacks. */
const FRAMES_KEPT = 21;
/** Compilers before Go 1.21 put RBP below RSP around their calls of these, so that there is a frame for them. */
const FRAMED_BY_CALLER: ReadonlySet<string> = new Set(['runtime.duffzero', 'runtime.duffcopy']);
const SYSTEMSTACK = 'runtime.systemstack';
const ANYWHERE = (1n << 64n) - 1n;

/** The bundled runtime has assembly under ABIInternal, which calls C as Go's compiler never does. */
export const isAssembled = (func: Func): boolean => func.source === 'dwarf' && func.language !== 'c';

/** Assembly, whatever its convention is. */
export const handWritten = (func: Func): boolean => func.asm || isAssembled(func);

export class GoRules {
  /** Distance from RSP at entry to where RBP must point, by return address; NaN: the caller has no frame that tells. */
  readonly #frames = new Map<number, number>();
  /** FS base of each thread, and that of the last entry of Go code. */
  readonly #bases = new Map<number, bigint>();
  #lastBase = 0n;
  readonly #racectx: number | undefined;
  readonly #goMinor: number;

  constructor(private readonly at: Scrutiny) {
    const { images } = at.target;
    const g = images.goImage?.typeNamed('runtime.g');
    this.#goMinor = images.go === undefined ? FRAMES_KEPT : releaseOf(images.go.version);
    this.#racectx = g && fieldOffset(g, 'racectx');
  }

  /** At the first instruction of Go code. */
  entry(func: Func): EdgeRule {
    const { at } = this;
    // Package runtime is not instrumented: what calls the detector there knows why.
    const watched = !func.name.startsWith('runtime.') && instrumented(at.target, func);
    // It is pushed onto code that was interrupted anywhere.
    const injected = func.funcID === 'sigpanic';
    const assembled = isAssembled(func);
    const elsewhere = assembled || func.name === 'runtime.sigtrampgo';
    const check = (): Violation | undefined => {
      const g = at.currentG(assembled);
      const wrong =
        this.#threadBase(g) ??
        this.#fixed(g, () => at.caller()) ??
        (injected ? undefined : this.#frameAtEntry()) ??
        (elsewhere ? undefined : this.#onItsStack(g));
      if (wrong !== undefined) return wrong;
      if (assembled) this.#enter();
      return (watched && g !== 0n ? this.#raceContext(func, g) : undefined) ?? at.direction(`${func.name} is entered${at.caller()}`);
    };
    if (injected || elsewhere) return { check };
    return { check, test: { kind: 'entersGo', needed: watched ? (this.#racectx ?? 0) : 0 } };
  }

  /** At the first instruction of other assembly: nothing is asked of it yet, but what it tells of calls. */
  assembly(way: RaceWay | undefined): EdgeRule {
    const check = (): undefined => {
      this.#enter();
      way?.entered();
    };
    return { check, test: { kind: 'entersAssembly', flags: way?.flag ?? 0 } };
  }

  #enter(): void {
    const { sp, facts } = this.at;
    const returnAddress = this.at.word(sp);
    if (returnAddress === undefined || !Number.isNaN(this.#distance(returnAddress))) return;
    if (facts.saved(sp, returnAddress) === undefined) facts.save(sp, returnAddress, false);
  }

  /** FS base stays what it was when the thread first ran Go code. */
  #threadBase(g: bigint): Violation | undefined {
    const { fsBase } = this.at.registers;
    if (fsBase === this.#lastBase) return undefined;
    const { tid } = this.at.target.process.current;
    const first = this.#bases.get(tid);
    if (first === undefined && g !== 0n) this.#bases.set(tid, fsBase);
    if (first !== undefined && first !== fsBase) {
      return { rule: 'tls', what: `FS base = ${hex(fsBase)} was ${hex(first)} when this thread entered Go code${this.at.caller()}` };
    }
    this.#lastBase = fsBase;
    if (g !== 0n) this.at.facts.tellThread(fsBase, this.at.target.go?.symbols.tlsG ?? INTERNAL_TLS);
    return undefined;
  }

  /** A goroutine's own code runs on its stack. System stacks have bounds that are guessed. */
  #onItsStack(g: bigint): Violation | undefined {
    const { sp, target } = this.at;
    if (g === 0n) return undefined;
    const { go } = target;
    const machine = go?.machineOf(g);
    if (go === undefined || machine === undefined) return undefined;
    const ofSystem = g === machine.g0 || g === machine.gsignal;
    if (ofSystem) this.at.facts.tellStack(g, 0n, ANYWHERE);
    if (ofSystem || g !== machine.curg) return undefined;
    const { stackLo, stackHi } = go.goroutine(g);
    this.at.facts.tellStack(g, stackLo, stackHi);
    // A signal has come: its handler is still called as the goroutine that it has interrupted.
    if ((sp >= stackLo && sp < stackHi) || go.stackOf(sp, g) !== undefined) return undefined;
    return {
      rule: 'stack-bounds',
      what: `RSP = ${hex(sp)}, but the stack of ${this.at.gName(g)} is ${hex(stackLo)} to ${hex(stackHi)}${this.at.caller()}`,
    };
  }

  /** R14 and X15; `by` says on which way. */
  #fixed(g: bigint, by: () => string): Violation | undefined {
    const { registers } = this.at;
    if (g !== 0n && registers.gpr(R14) !== g) {
      return { rule: 'g', what: `R14 = ${hex(registers.gpr(R14))}, but g is ${hex(g)} (${this.at.gName(g)})${by()}` };
    }
    const x15 = registers.xmm(15);
    return x15 === 0n ? undefined : { rule: 'zero', what: `X15 = ${hex(x15)}, but must be 0${by()}` };
  }

  /** Whether code at the end of a call owes its caller R14 and X15: its caller is Go code, which does not restore them as wrappers of ABI0 do. */
  owed(func: Func | undefined): boolean {
    return func === undefined ? this.#returnsToGo() : handWritten(func) && func.abi === 'ABIInternal';
  }

  /** Of assembly's RETs: what the engine looks at of that. */
  flagsOf(func: Func): number {
    return (FRAMED_BY_CALLER.has(func.name) ? 0 : EDGE.frame) | (this.owed(func) ? EDGE.fixed : 0);
  }

  #returnsToGo(): boolean {
    return this.isGo(this.at.word(this.at.sp));
  }

  /** Whether an address is in code of Go's compiler that no wrapper is. */
  isGo(address: bigint | undefined): boolean {
    const func = address === undefined ? undefined : this.at.target.images.functionAt(address - 1n);
    return func !== undefined && func.language === 'go' && !func.asm && !func.wrapper;
  }

  /** What a RET, or a jump in its place, hands over to Go code. */
  handedOver(func: Func | undefined, name: string, to: bigint): Violation | undefined {
    const g = this.at.currentG(func !== undefined && isAssembled(func));
    return this.#fixed(g, () => `: ${name} is about to return to ${this.at.place(to)}`);
  }

  // ---- the frame pointer -----------------------------------------------------------------------------------------------------------------

  /** RBP at entry is the caller's: in a caller with a frame, the address of the RBP that it saved. */
  #frameAtEntry(): Violation | undefined {
    const { sp, registers } = this.at;
    const returnAddress = this.at.word(sp);
    const expected = returnAddress === undefined ? undefined : this.#expected(returnAddress);
    const rbp = registers.gpr(RBP);
    if (expected === undefined || rbp === expected) return undefined;
    return {
      rule: 'frame-pointer',
      what: `RBP = ${hex(rbp)}, but the frame's saved RBP is at ${hex(expected)}${this.at.caller()}`,
    };
  }

  /** The same at a RET to a caller: a function has changed it, or what has saved it was overwritten. */
  frameAtReturn(func: Func | undefined, name: string, returnAddress: bigint): Violation | undefined {
    const { sp, registers } = this.at;
    if (func !== undefined && FRAMED_BY_CALLER.has(func.name)) return undefined;
    const byHand = func !== undefined && handWritten(func);
    const expected = this.#expected(returnAddress) ?? (byHand ? this.#takeEntered(returnAddress) : undefined);
    const rbp = registers.gpr(RBP);
    if (expected === undefined || rbp === expected) return undefined;
    const violation = this.at.changed('frame-pointer', RBP, expected, name, returnAddress);
    if (func === undefined || byHand || this.at.word(sp - 8n) !== rbp) return violation;
    return { ...violation, what: `${violation.what}, and what it saved at ${hex(sp - 8n)} was overwritten`, wrote: sp - 8n };
  }

  #takeEntered(returnAddress: bigint): bigint | undefined {
    const { sp, facts } = this.at;
    const saved = facts.saved(sp, returnAddress);
    if (saved?.size === 1) facts.forget(sp);
    return saved?.get(RBP);
  }

  #expected(returnAddress: bigint): bigint | undefined {
    const distance = this.#distance(returnAddress);
    return Number.isNaN(distance) ? undefined : this.at.sp + BigInt(distance);
  }

  #distance(returnAddress: bigint): number {
    const key = Number(returnAddress);
    let distance = this.#frames.get(key);
    if (distance === undefined) this.#frames.set(key, (distance = this.#frameOf(returnAddress)));
    this.at.facts.tellCaller(returnAddress, distance, openerNumber(this.at.target.images.functionAt(returnAddress - 1n)));
    return distance;
  }

  #frameOf(returnAddress: bigint): number {
    const { images } = this.at.target;
    const caller = images.functionAt(returnAddress - 1n);
    if (caller === undefined || caller.language !== 'go' || caller.asm || caller.spWrite) return Number.NaN;
    // A panic in a deferred function that is recovered goes on in Goexit's loop, with another RBP; it never returns.
    if (caller.name === 'runtime.Goexit') return Number.NaN;
    if (this.#goMinor < FRAMES_KEPT && this.#losesFrame(caller, returnAddress)) return Number.NaN;
    const row = images.unwindAt(returnAddress - 1n);
    const saved = row?.registers.get(DWARF_RBP);
    if (row === undefined || !('register' in row.cfa) || row.cfa.register !== DWARF_RSP) return Number.NaN;
    if (typeof saved !== 'object' || !('atCfa' in saved)) return Number.NaN;
    // The table counts from RSP before the CALL, a word above what it is at entry.
    return 8 + row.cfa.offset + saved.atCfa;
  }

  /**
   * Where Go itself, before 1.21, ran with another RBP: a recovered function goes on at its call of deferreturn with that of the panic, and
   * cgocall has it back from C as it was, although a callback may have moved the stack meanwhile. So has who waits in systemstack, whose stack
   * the garbage collector may shrink: RBP was saved on g0's stack, which nobody looks through.
   */
  #losesFrame(caller: Func, returnAddress: bigint): boolean {
    if (caller.name === 'runtime.cgocall') return true;
    const { memory, images } = this.at.target;
    let recovered = false;
    for (const { address, flow, target } of instructionsIn(memory, caller.entry, caller.end)) {
      const callee = flow === 'call' && target !== undefined ? images.functionAt(target)?.name : undefined;
      if (callee === SYSTEMSTACK) return true;
      if (address >= returnAddress) continue;
      if (flow === 'return' || flow === 'jump') recovered = false;
      if (callee === 'runtime.deferreturn') recovered = true;
    }
    return recovered;
  }

  // ---- the race detector -----------------------------------------------------------------------------------------------------------------

  #raceContext(func: Func, g: bigint): Violation | undefined {
    const { go } = this.at.target;
    if (this.#racectx === undefined || go === undefined) return undefined;
    if (this.at.word(g + BigInt(this.#racectx)) !== 0n) return undefined;
    const machine = go.machineOf(g);
    if (g !== machine?.g0 && g !== machine?.gsignal) return undefined;
    const what = `${func.name} is race-instrumented, and g = ${this.at.gName(g)}, whose racectx is 0: it will hand the race runtime thr = nil`;
    return { rule: 'race-context', what: `${what}${this.at.caller()}` };
  }
}
