/**
 * `abi check on`: looks at every edge of a call while the program runs. What must hold of Go code is looked at where it is entered, since
 * calls, jumps and the scheduler all come by there; what C may ask for, at its calls and returns.
 */

import { dwarfNumber } from '../../abi/registers.js';
import type { EdgeKind, EdgeWatcher, Observer } from '../../cpu/api.js';
import { GPR_NAMES } from '../../cpu/api.js';
import { hex } from '../../host/hex.js';
import type { Func } from '../../image/api.js';
import type { Images } from '../../image/images.js';
import type { GoRuntime } from '../../runtime/goroutine.js';
import { fieldOffset, releaseOf } from '../../runtime/layout.js';
import { needsRaceContext } from '../../runtime/race/signatures.js';
import { INTERNAL_TLS } from '../../runtime/tls.js';
import { effectsIn, instructionsIn } from '../code/decode.js';
import { departure } from '../code/departure.js';
import { describeAddress } from '../code/describe.js';
import { instrumented } from '../code/instrumented.js';
import { peek } from '../code/peek.js';
import type { Target } from '../target.js';
import { gName } from './roles.js';
import { RULES, type Violation } from './rules.js';

/** What a C function must hand back: RBX, RBP, R12 to R15. */
const SAVED = [3, 5, 12, 13, 14, 15] as const;
const RSP = 4;
const RBP = 5;
const RDI = 7;
const R14 = 14;
const DIRECTION = 0x400n;
const DWARF_RBP = dwarfNumber('rbp');
const DWARF_RSP = dwarfNumber('rsp');
/** The Go 1.N whose assembly keeps frame pointers over every change of stacks. */
const FRAMES_KEPT = 21;
/** Slots of returned or abandoned calls are forgotten when there are this many. */
const MOST_SLOTS = 100_000;

type Check = () => Violation | undefined;

interface Saved {
  readonly returnAddress: bigint;
  readonly values: readonly bigint[];
}

export class CallChecks implements Observer {
  readonly edges: EdgeWatcher = { site: (pc, kind) => this.#site(pc, kind), reached: site => this.#reached(site) };
  on = false;
  /** Stops so far, for `abi check`. */
  stops = 0;
  violation: Violation | undefined;
  /** What is watched. */
  #watched: Target | undefined;
  /** What the sites were made with. */
  #images: Images | undefined;
  #leave: (() => void) | undefined;
  #sites: { readonly pc: bigint; readonly check: Check }[] = [];
  /** Where and when it stopped last: going on from there is what the user wants. */
  #passed: { readonly pc: bigint; readonly t: number } | undefined;
  /** Callee-saved registers at the unreturned calls of C, by the slot of the return address. */
  readonly #saved = new Map<number, Saved>();
  /** Distance from RSP at entry to where RBP must point, by return address; NaN: the caller has no frame that tells. */
  readonly #frames = new Map<number, number>();
  #racectx: number | undefined;
  #goMinor = FRAMES_KEPT;

  /** Before the program goes on. */
  arm(target: Target): void {
    const wanted = this.on ? target : undefined;
    if (wanted === this.#watched) return;
    this.#leave?.();
    this.#watched = wanted;
    this.#sites = [];
    this.#saved.clear();
    this.#passed = undefined;
    if (wanted !== undefined) this.#learn();
    this.#leave = wanted?.process.observe(this);
  }

  get #target(): Target {
    return this.#watched!;
  }

  #learn(): void {
    const { images } = this.#target;
    this.#images = images;
    const g = images.goImage?.typeNamed('runtime.g');
    this.#goMinor = images.go === undefined ? FRAMES_KEPT : releaseOf(images.go.version);
    this.#racectx = g && fieldOffset(g, 'racectx');
    this.#frames.clear();
  }

  #site(pc: bigint, kind: EdgeKind): number {
    const { images } = this.#target;
    // A library has been mapped since the last stop.
    if (images !== this.#images) this.#learn();
    const func = images.functionAt(pc);
    const check = func && this.#checkAt(func, pc, kind);
    return check === undefined ? 0 : this.#sites.push({ pc, check });
  }

  #checkAt(func: Func, pc: bigint, kind: EdgeKind): Check | undefined {
    const c = func.language === 'c';
    switch (kind) {
      case 'entry':
        return func.entry === pc && func.language === 'go' && func.abi === 'ABIInternal' ? this.#goEntry(func) : undefined;
      case 'call':
        return func.language === 'go' && !this.#handWritten(func) ? undefined : this.#call(func, pc);
      case 'return':
        return c ? () => this.#cReturn(func) : func.asm ? () => this.#direction(`${func.name} is about to return`) : undefined;
      case 'stack':
        return undefined;
    }
  }

  /** The bundled runtime has assembly under ABIInternal, which calls C as Go's compiler never does. */
  #handWritten(func: Func): boolean {
    return func.source === 'dwarf';
  }

  #reached(number: number): boolean {
    const site = this.#sites[number - 1]!;
    const violation = site.check();
    if (violation === undefined || (this.#passed?.pc === site.pc && this.#passed.t === this.#target.process.t)) return true;
    this.violation = violation;
    return false;
  }

  /** The violation that the CPU has stopped for. */
  takeStop(): Violation {
    const { process } = this.#target;
    this.#passed = { pc: process.current.registers.rip, t: process.t };
    this.stops++;
    return this.violation!;
  }

  get #registers() {
    return this.#target.process.cpu.registers;
  }

  #direction(when: string): Violation | undefined {
    return this.#registers.rflags & DIRECTION ? { rule: 'direction', what: `DF is 1: ${when}` } : undefined;
  }

  // ---- Go ----------------------------------------------------------------------------------------------------------------------------

  #goEntry(func: Func): Check {
    // Package runtime is not instrumented: what calls the detector there knows why.
    const watched = !func.name.startsWith('runtime.') && instrumented(this.#target, func);
    // It is pushed onto code that was interrupted anywhere.
    const injected = func.funcID === 'sigpanic';
    const handWritten = this.#handWritten(func);
    return () => {
      const go = this.#target.go;
      const registers = this.#registers;
      // Assembly needs no runtime to have a g: its (TLS) is a place that the assembler knows.
      const g = go?.currentG(registers.fsBase) ?? (handWritten ? this.#assembledG() : 0n);
      if (g !== 0n && registers.gpr(R14) !== g) {
        return {
          rule: 'g',
          what: `R14 = ${hex(registers.gpr(R14))}, but g is ${hex(g)} (${gName(this.#target, g)})${this.#caller()}`,
        };
      }
      const x15 = registers.xmm(15);
      if (x15 !== 0n) return { rule: 'zero', what: `X15 = ${hex(x15)}${this.#caller()}` };
      const chain = injected ? undefined : this.#framePointer();
      if (chain !== undefined) return chain;
      if (watched && go !== undefined && g !== 0n) {
        const violation = this.#raceContext(func, go, g);
        if (violation !== undefined) return violation;
      }
      return this.#direction(`${func.name} is entered${this.#caller()}`);
    };
  }

  /** What (TLS) is in a program of r14's assembler; 0n: not set. */
  #assembledG(): bigint {
    const { fsBase } = this.#registers;
    return fsBase === 0n ? 0n : (peek(this.#target.memory, BigInt.asUintN(64, fsBase + INTERNAL_TLS)) ?? 0n);
  }

  /** `, called from main.main+20`. */
  #caller(): string {
    const returnAddress = peek(this.#target.memory, this.#registers.gpr(RSP));
    const described = returnAddress === undefined ? undefined : describeAddress(this.#target.images, returnAddress);
    return described === undefined ? '' : `, called from ${described}`;
  }

  /** RBP at entry is the caller's: in a caller with a frame, the address of the RBP that it saved. */
  #framePointer(): Violation | undefined {
    const { memory } = this.#target;
    const sp = this.#registers.gpr(RSP);
    const returnAddress = peek(memory, sp);
    if (returnAddress === undefined) return undefined;
    const key = Number(returnAddress);
    let distance = this.#frames.get(key);
    if (distance === undefined) this.#frames.set(key, (distance = this.#frameOf(returnAddress)));
    if (Number.isNaN(distance)) return undefined;
    const expected = sp + BigInt(distance);
    const rbp = this.#registers.gpr(RBP);
    if (rbp === expected) return undefined;
    return {
      rule: 'frame-pointer',
      what: `RBP = ${hex(rbp)}, but the frame's saved RBP is at ${hex(expected)}${this.#caller()}`,
    };
  }

  #frameOf(returnAddress: bigint): number {
    const { images } = this.#target;
    const caller = images.functionAt(returnAddress - 1n);
    if (caller === undefined || caller.language !== 'go' || caller.asm || caller.spWrite) return Number.NaN;
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
   * cgocall has it back from C as it was, although a callback may have moved the stack meanwhile.
   */
  #losesFrame(caller: Func, returnAddress: bigint): boolean {
    if (caller.name === 'runtime.cgocall') return true;
    const { memory } = this.#target;
    let recovered = false;
    for (const { flow, target } of instructionsIn(memory, caller.entry, returnAddress)) {
      if (flow === 'return' || flow === 'jump') recovered = false;
      if (flow === 'call' && target !== undefined && this.#target.images.functionAt(target)?.name === 'runtime.deferreturn')
        recovered = true;
    }
    return recovered;
  }

  #raceContext(func: Func, go: GoRuntime, g: bigint): Violation | undefined {
    if (this.#racectx === undefined) return undefined;
    if (peek(go.memory, g + BigInt(this.#racectx)) !== 0n) return undefined;
    const machine = go.machineOf(g);
    if (g !== machine?.g0 && g !== machine?.gsignal) return undefined;
    const what = `${func.name} is race-instrumented, and g = ${gName(this.#target, g)}, whose racectx is 0: it will hand the race runtime thr = nil`;
    return { rule: 'race-context', what: `${what}${this.#caller()}` };
  }

  // ---- C -----------------------------------------------------------------------------------------------------------------------------

  #call(caller: Func, pc: bigint): Check | undefined {
    const { images, process } = this.#target;
    const effects = effectsIn(process.memory, pc);
    const isC = (target: bigint | undefined): Func | undefined => {
      const func = target === undefined ? undefined : images.functionAt(target);
      return func?.language === 'c' && func.entry === target ? func : undefined;
    };
    const direct = departure(process.memory, effects, { get: () => undefined })?.target;
    if (direct !== undefined) {
      const callee = isC(direct);
      return callee && (() => this.#cCall(caller, callee, pc));
    }
    return () => {
      const callee = isC(departure(process.memory, effects, process.cpu.registers)?.target);
      return callee && this.#cCall(caller, callee, pc);
    };
  }

  #cCall(caller: Func, callee: Func, pc: bigint): Violation | undefined {
    const registers = this.#registers;
    const sp = registers.gpr(RSP);
    const returnAddress = this.#behind(pc);
    if (this.#saved.size > MOST_SLOTS) this.#saved.clear();
    this.#saved.set(Number(sp) - 8, { returnAddress, values: SAVED.map(index => registers.gpr(index)) });
    // A C compiler may know of a function of its own file that it needs no alignment.
    if (caller.language !== 'c' && sp % 16n !== 0n) {
      return {
        rule: 'alignment',
        what: `RSP = ${hex(sp)} is ${sp % 16n} more than a multiple of 16: ${caller.name} is about to call ${callee.name}`,
      };
    }
    if (needsRaceContext(callee.name) && registers.gpr(RDI) === 0n) {
      return { rule: 'race-context', what: `${caller.name} is about to call ${callee.name} with thr = nil${this.#runningAs()}` };
    }
    return this.#direction(`${caller.name} is about to call ${callee.name}`);
  }

  #runningAs(): string {
    const g = this.#target.go?.currentG(this.#registers.fsBase) ?? 0n;
    return g === 0n ? '' : `, g = ${gName(this.#target, g)}`;
  }

  readonly #returns = new Map<bigint, bigint>();

  /** The address behind a CALL. */
  #behind(pc: bigint): bigint {
    let known = this.#returns.get(pc);
    if (known === undefined) {
      const [call] = [...instructionsIn(this.#target.memory, pc, pc + 15n)];
      this.#returns.set(pc, (known = pc + BigInt(call?.length ?? 0)));
    }
    return known;
  }

  #cReturn(func: Func): Violation | undefined {
    const registers = this.#registers;
    const slot = Number(registers.gpr(RSP));
    const saved = this.#saved.get(slot);
    if (saved === undefined) return this.#direction(`${func.name} is about to return`);
    this.#saved.delete(slot);
    // What lies in the slot was put there by that call, or the slot is another's by now.
    if (peek(this.#target.memory, registers.gpr(RSP)) !== saved.returnAddress) return undefined;
    const wrong = SAVED.findIndex((index, place) => registers.gpr(index) !== saved.values[place]);
    if (wrong < 0) return this.#direction(`${func.name} is about to return`);
    const index = SAVED[wrong]!;
    const caller = describeAddress(this.#target.images, saved.returnAddress) ?? 'its caller';
    const was = saved.values[wrong]!.toString(16);
    return {
      rule: 'callee-saved',
      what: `${GPR_NAMES[index].toUpperCase()} = ${hex(registers.gpr(index))} was 0x${was} when ${func.name} was called: it is about to return to ${caller}`,
    };
  }
}

/** One line: what, which rule of which document, and the likely cause. */
export function violationText({ rule, what }: Violation): string {
  const { source, cause } = RULES[rule];
  return `${what}. ${source}. Likely cause: ${cause}.`;
}
