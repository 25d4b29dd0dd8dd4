/** What the rules of `abi check` look at: the machine at an edge of a call, while the program runs. */
import { type CallRecord, type EdgeFacts, type EdgeTest, type Effects, GPR_NAMES, type Registers } from '../../cpu/api.js';
import { valueWith } from '../../cpu/effects/instruction.js';
import { hex } from '../../host/hex.js';
import type { Func } from '../../image/api.js';
import { INTERNAL_TLS } from '../../runtime/tls.js';
import { effectsIn, instructionsIn } from '../code/decode.js';
import { departure } from '../code/departure.js';
import { describeAddress } from '../code/describe.js';
import { peek } from '../code/peek.js';
import type { Target } from '../target.js';
import { gName } from './roles.js';
import type { Violation } from './rules.js';

/** What a rule finds at a place each time that it is reached; undefined: nothing wrong. */
export type EdgeCheck = () => Violation | undefined;

/** A rule at a place, and what tells the engine that it holds. */
export interface EdgeRule {
  readonly check: EdgeCheck;
  readonly test?: EdgeTest | undefined;
}

/** Where a CALL or a jump goes. */
export interface Going {
  readonly effects: Effects | undefined;
  /** What it says itself; undefined: registers or memory say it, each time anew. */
  readonly direct: bigint | undefined;
  /** As the machine has it when it is its turn. */
  readonly now: () => bigint | undefined;
}

const RSP = 4;

export class Scrutiny {
  readonly #returns = new Map<bigint, bigint>();

  constructor(readonly target: Target) {}

  get registers(): Registers {
    return this.target.process.cpu.registers;
  }

  get facts(): EdgeFacts {
    return this.target.process.cpu.edgeFacts;
  }

  get sp(): bigint {
    return this.registers.gpr(RSP);
  }

  word(address: bigint): bigint | undefined {
    return peek(this.target.memory, address);
  }

  /** g in thread-local storage; 0n: there is none. `assembled`: assembly needs no runtime to have one, its (TLS) is a place that the assembler knows. */
  currentG(assembled: boolean): bigint {
    const { fsBase } = this.registers;
    const known = this.target.go?.currentG(fsBase);
    if (known !== undefined || !assembled || fsBase === 0n) return known ?? 0n;
    return this.word(BigInt.asUintN(64, fsBase + INTERNAL_TLS)) ?? 0n;
  }

  gName(g: bigint): string {
    return gName(this.target, g);
  }

  /** `, called from main.main+20`, at a function's entry. */
  caller(): string {
    const returnAddress = this.word(this.sp);
    const described = returnAddress === undefined ? undefined : describeAddress(this.target.images, returnAddress);
    return described === undefined ? '' : `, called from ${described}`;
  }

  /** `main.main+20`, or the number of what has no name. */
  place(address: bigint): string {
    return describeAddress(this.target.images, address) ?? hex(address);
  }

  /** A function's name; code that no table has is named by where it lies. */
  codeName(func: Func | undefined, pc: bigint): string {
    if (func !== undefined) return func.name;
    const mapping = this.target.memory.mappingAt(pc)?.name ?? '';
    return `the code at ${hex(pc)} in ${mapping === '' ? 'an anonymous mapping' : mapping}`;
  }

  /** The address behind a CALL. */
  behind(pc: bigint): bigint {
    let known = this.#returns.get(pc);
    if (known === undefined) {
      const [call] = [...instructionsIn(this.target.memory, pc, pc + 15n)];
      this.#returns.set(pc, (known = pc + BigInt(call?.length ?? 0)));
    }
    return known;
  }

  /** The CALL or jump at an address. */
  going(pc: bigint): Going {
    const { process } = this.target;
    const effects = effectsIn(process.memory, pc);
    const flow = effects?.flow;
    const direct = flow?.kind === 'call' || flow?.kind === 'jump' ? valueWith(flow.target, { get: () => undefined }) : undefined;
    return { effects, direct, now: () => departure(process.memory, effects, process.cpu.registers)?.target };
  }

  /** The innermost call that has not returned, as the CPU has it. */
  lastCall(): CallRecord | undefined {
    return this.target.process.cpu.lastCall();
  }

  direction(when: string): Violation | undefined {
    return this.registers.backwards ? { rule: 'direction', what: `DF is 1: ${when}` } : undefined;
  }

  /** A register that a function was to hand back as it got it. */
  changed(rule: 'callee-saved' | 'frame-pointer', index: number, was: bigint, name: string, returnAddress: bigint): Violation {
    const register = GPR_NAMES[index]!.toUpperCase();
    const now = hex(this.registers.gpr(index));
    return {
      rule,
      what: `${register} = ${now} was ${hex(was)} when ${name} was called: it is about to return to ${this.place(returnAddress)}`,
    };
  }
}
