/** The engine `both`: each part of a run is done by compiled code and again by the interpreter, and the two must leave the same machine. */
import { equalBytes } from '../host/bytes.js';
import { type CpuState, type CpuStop, GPR_NAMES, type MemorySnapshot, PAGE_SIZE } from './api.js';
import { gprSlot, STATE } from './layout.js';

/** What is compared: the machine, as far as it can differ. */
export interface TwiceMachine {
  readonly icount: number;
  save(): CpuState;
  restore(state: CpuState): void;
  readonly memory: {
    snapshot(): MemorySnapshot;
    restore(snapshot: MemorySnapshot): void;
    /** Pages whose bytes have changed since the last snapshot or restore. */
    changedPages(): number[];
    read(address: bigint, length: number): Uint8Array;
  };
  /** Runs at most `budget` instructions in one engine. */
  runWith(engine: 'jit' | 'interpret', budget: number, pass: boolean): CpuStop;
}

/** Instructions between two comparisons: the more of them, the fewer copies. */
const PART = 50_000;

interface Outcome {
  readonly stop: CpuStop;
  readonly state: CpuState;
  readonly pages: ReadonlyMap<number, Uint8Array>;
}

/** Runs as the interpreter does. Throws an Error that names the first instruction behind which the engines differ, and in what. */
export function runBoth(machine: TwiceMachine, budget: number, pass: boolean): CpuStop {
  const { memory } = machine;
  for (let left = budget, passing = pass; left > 0; passing = false) {
    const start = { state: machine.save(), memory: memory.snapshot() };
    const back = (): void => {
      machine.restore(start.state);
      memory.restore(start.memory);
    };
    const from = machine.icount;
    const doBoth = (instructions: number): { stop: CpuStop; difference: string | undefined } => {
      const compiled = outcome(machine, 'jit', instructions, passing);
      back();
      const reference = outcome(machine, 'interpret', instructions, passing);
      return { stop: reference.stop, difference: differenceOf(machine, compiled, reference) };
    };
    const { stop, difference } = doBoth(Math.min(left, PART));
    if (difference !== undefined)
      throw firstDifference(from, Math.min(left, PART), difference, count => {
        back();
        return doBoth(count).difference;
      });
    if (stop.kind !== 'budget') return stop;
    left -= machine.icount - from;
  }
  return { kind: 'budget' };
}

function outcome(machine: TwiceMachine, engine: 'jit' | 'interpret', budget: number, pass: boolean): Outcome {
  const stop = machine.runWith(engine, budget, pass);
  const { memory } = machine;
  const pages = new Map(memory.changedPages().map(page => [page, memory.read(BigInt(page) * BigInt(PAGE_SIZE), PAGE_SIZE)]));
  return { stop, state: machine.save(), pages };
}

function differenceOf({ memory }: TwiceMachine, compiled: Outcome, reference: Outcome): string | undefined {
  if (compiled.stop.kind !== reference.stop.kind) return `it stops for ${compiled.stop.kind}, not ${reference.stop.kind}`;
  if (compiled.state.icount !== reference.state.icount) return `t is ${compiled.state.icount}, not ${reference.state.icount}`;
  const [one, other] = [compiled.state.registers, reference.state.registers];
  if (!equalBytes(one, other)) return `${fieldAt(one.findIndex((byte, at) => byte !== other[at]))} differs`;
  for (const [page, bytes] of compiled.pages) {
    const start = BigInt(page) * BigInt(PAGE_SIZE);
    // What the interpreter has not changed still is what it was.
    const right = reference.pages.get(page) ?? memory.read(start, PAGE_SIZE);
    const at = bytes.findIndex((byte, index) => byte !== right[index]);
    if (at >= 0) return `memory at 0x${(start + BigInt(at)).toString(16)} differs`;
  }
  const missing = [...reference.pages.keys()].find(page => !compiled.pages.has(page));
  return missing === undefined ? undefined : `the page at 0x${(missing * PAGE_SIZE).toString(16)} has not been written`;
}

/** What a byte of the register file is of. */
function fieldAt(address: number): string {
  const gpr = GPR_NAMES.find((_, index) => address >= gprSlot(index) && address < gprSlot(index) + 8);
  if (gpr !== undefined) return gpr;
  if (address >= STATE.xmm && address < STATE.xmm + 256) return `xmm${(address - STATE.xmm) >> 4}`;
  if (address >= STATE.ymmHigh && address < STATE.end) return `ymm${(address - STATE.ymmHigh) >> 4}`;
  const fields = Object.entries(STATE).filter(([, at]) => at <= address);
  const [name] = fields.reduce((best, field) => (field[1] > best[1] ? field : best));
  return name === 'ccR' ? 'rflags' : name;
}

/** The shortest run behind which there is a difference, by halves. */
function firstDifference(from: number, length: number, whole: string, differs: (count: number) => string | undefined): Error {
  let [low, high, what] = [0, length, whole];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const difference = differs(middle);
    if (difference === undefined) low = middle;
    else [high, what] = [middle, difference];
  }
  return new Error(`the engines differ behind t=${from + high}: in compiled code ${what}`);
}
