/**
 * Where a value came from. From a place (bytes of a register, of memory) at a moment back to the instruction that wrote it, from the effects of that
 * to what it was made of, and so on, to what has no such thing behind it. Nothing is guessed: each link was run again and looked at.
 */
import type { EffectLeaf, EffectRegister, Effects, EffectValue, GprName, Registers } from '../../cpu/api.js';
import { isGpr, valueNow, valueWith } from '../../cpu/effects/instruction.js';
import { isComputed, isConstant } from '../../cpu/effects/value.js';
import type { Process, ProcessObserver } from '../../linux/api.js';
import type { Target } from '../target.js';
import type { Journey, Timeline } from './history.js';

/** Bytes of a register of a thread; `flags` is RFLAGS as far as instructions leave results there. */
export interface RegisterSpot {
  readonly kind: 'register';
  readonly register: EffectRegister | 'flags';
  readonly offset: number;
  readonly bytes: number;
  readonly tid: number;
}

export interface MemorySpot {
  readonly kind: 'memory';
  readonly address: bigint;
  readonly bytes: number;
}

export type ValueSpot = RegisterSpot | MemorySpot;

/** An instruction that has put a value where it was. The machine stands in front of it, at `t`, when it is told of. */
export interface OriginLink {
  readonly t: number;
  readonly tid: number;
  readonly pc: bigint;
  /** What it wrote, and what that is then; undefined: more than 8 bytes, or not known. */
  readonly wrote: ValueSpot;
  readonly value: bigint | undefined;
  /** What it is made of; several: `followed` is the first. */
  readonly sources: readonly ValueSpot[];
  readonly how: 'moved' | 'computed' | 'constant';
}

/** Where the way ends. */
export type OriginEnd =
  | { readonly kind: 'constant'; readonly value: bigint | undefined }
  /** `register`: what the kernel began the thread with. */
  | { readonly kind: 'start'; readonly spot: ValueSpot }
  | { readonly kind: 'syscall'; readonly t: number; readonly name: string; readonly spot: ValueSpot }
  | { readonly kind: 'signal'; readonly t: number; readonly spot: ValueSpot }
  | { readonly kind: 'changed'; readonly t: number; readonly spot: ValueSpot }
  /** Not written in so many instructions of the thread. */
  | { readonly kind: 'far'; readonly instructions: number; readonly spot: ValueSpot }
  | { readonly kind: 'unknown'; readonly why: string; readonly spot: ValueSpot }
  /** There are more links. */
  | { readonly kind: 'more'; readonly spot: ValueSpot };

/** Instructions that are looked at one by one for the last write of a register, if need be. */
const SPANS = [256, 4096, 65_536, 400_000];
/** Instructions that are run at once while they are looked at. */
const BREATH = 20_000;

/** What is asked of the run. */
export type Replayed = Pick<Timeline<{ readonly reason: string }>, 'start' | 'seek' | 'backwards' | 'quiet' | 'step'>;

/** What is known of the last write to a place. */
type Write =
  | { readonly by: 'instruction'; readonly t: number; readonly pc: bigint }
  | { readonly by: 'kernel'; readonly source: OriginEnd };

export class Origin {
  private readonly effects = new Map<number, Effects | undefined>();

  constructor(
    private readonly past: Replayed,
    private readonly target: Target,
  ) {}

  private get process(): Process {
    return this.target.process;
  }

  /**
   * Goes back from a place at a moment; `told` hears of each link while the machine stands in front of it, and says whether to go on. At the end the
   * machine stands wherever that was.
   */
  *trace(spot: ValueSpot, t: number, told: (link: OriginLink) => boolean): Journey<OriginEnd> {
    let place = spot;
    let moment = t;
    for (;;) {
      const write = place.kind === 'memory' ? yield* this.lastStore(place, moment) : yield* this.lastWrite(place, moment);
      if (write.by === 'kernel') return write.source;
      yield* this.past.seek(write.t);
      this.target.changed();
      const link = this.linkAt(write, place);
      if (!told(link)) return { kind: 'more', spot: place };
      const [next] = link.sources;
      if (next === undefined) {
        if (link.how === 'constant') return { kind: 'constant', value: link.value };
        return { kind: 'unknown', why: 'what this instruction computes it from is not followed', spot: place };
      }
      place = next;
      moment = link.t;
    }
  }

  // ---- the last write ----------------------------------------------------------------------------------------------------------------------

  /** The last store into some bytes before `t`, by whomever. */
  private *lastStore(spot: MemorySpot, t: number): Journey<Write> {
    const { process, past } = this;
    const { memory } = process;
    yield* past.seek(t);
    const look = () => (memory.allows(spot.address, spot.bytes, 'read') ? hexOf(memory.read(spot.address, spot.bytes)) : '');
    let later = look();
    const found = yield* past.backwards(t + 1, function* (piece) {
      let now = look();
      const first = now;
      let last: Write | undefined;
      const kernel = (source: OriginEnd): void => {
        const bytes = look();
        if (bytes !== now) last = { by: 'kernel', source };
        now = bytes;
      };
      const observer: ProcessObserver = {
        syscall: ({ phase, number }) => {
          if (process.t <= t && phase === 'return') kernel({ kind: 'syscall', t: process.t, name: process.syscallName(number), spot });
        },
      };
      process.cpu.setWatches([{ address: spot.address, length: spot.bytes, access: 'write' }]);
      const leave = process.observe(observer);
      try {
        yield* piece.run(stop => {
          if (stop.kind !== 'watchpoint' || process.t > t) return;
          now = look();
          last = { by: 'instruction', t: process.t - 1, pc: 0n };
        });
      } finally {
        leave();
      }
      // What nobody saw: a signal's frame, or the user.
      if (process.t <= t + 1 && now !== later) {
        const changed = piece.changed;
        last = { by: 'kernel', source: changed ? { kind: 'changed', t: piece.end, spot } : { kind: 'signal', t: process.t, spot } };
      }
      later = first;
      return last;
    });
    return found ?? { by: 'kernel', source: { kind: 'start', spot } };
  }

  /** The last write to a register by its thread before `t`. */
  private *lastWrite(spot: RegisterSpot, t: number): Journey<Write> {
    const { past } = this;
    for (const span of SPANS) {
      const from = Math.max(past.start, t - span);
      const write = yield* this.writeWithin(spot, from, t);
      if (write !== undefined) return write;
      if (from === past.start) return { by: 'kernel', source: { kind: 'start', spot } };
    }
    return { by: 'kernel', source: { kind: 'far', instructions: SPANS.at(-1)!, spot } };
  }

  private *writeWithin(spot: RegisterSpot, from: number, t: number): Journey<Write | undefined> {
    const { process, past } = this;
    yield* past.seek(from);
    past.quiet();
    let last: Write | undefined;
    let frames = this.signalFrames(spot.tid);
    for (let breath = BREATH; process.t < t; breath--) {
      if (breath === 0) {
        breath = BREATH;
        yield;
      }
      const { current } = process;
      const own = current.tid === spot.tid;
      const pc = own ? current.registers.rip : 0n;
      const number = Number(BigInt.asUintN(32, current.registers.get('rax')));
      const before = process.t;
      const stop = past.step();
      if (process.t === before && stop.kind !== 'budget') break;
      if (!own) continue;
      const effects = this.effectsAt(pc);
      if (effects?.flow.kind === 'syscall' && (spot.register === 'rax' || process.current.tid !== spot.tid)) {
        if (spot.register === 'rax')
          last = { by: 'kernel', source: { kind: 'syscall', t: process.t, name: process.syscallName(number), spot } };
      } else if (effects !== undefined && writes(effects, spot)) last = { by: 'instruction', t: before, pc };
      const now = this.signalFrames(spot.tid);
      if (now !== frames) last = { by: 'kernel', source: { kind: 'signal', t: process.t, spot } };
      frames = now;
    }
    return last;
  }

  private signalFrames(tid: number): number {
    const { current } = this.process;
    return (current.tid === tid ? current : this.process.threads.find(each => each.tid === tid))?.signalFrames.length ?? 0;
  }

  private effectsAt(pc: bigint): Effects | undefined {
    const key = Number(pc);
    if (!this.effects.has(key)) this.effects.set(key, this.process.cpu.describe(pc));
    return this.effects.get(key);
  }

  // ---- what it was made of -----------------------------------------------------------------------------------------------------------------

  /** Code of Go has zeros in X15, always (its ABI's specification); where it was cleared says nothing of the value. */
  private isZero(spot: ValueSpot | undefined, pc: bigint): boolean {
    const go = this.target.images.functionAt(pc)?.language === 'go';
    return go && spot?.kind === 'register' && spot.register === X15 && this.process.current.registers.xmm(15) === 0n;
  }

  /** The machine stands in front of the instruction. */
  private linkAt({ t }: { readonly t: number }, spot: ValueSpot): OriginLink {
    const { current, cpu } = this.process;
    const { registers, tid } = current;
    const pc = registers.rip;
    const effects = cpu.describe(pc);
    const wrote = effects === undefined ? spot : written(effects, spot);
    const made = effects && new Made(effects, registers, this.process, tid).of(wrote);
    const from =
      made !== undefined && this.isZero(made.sources[0], pc) ? ({ ...made, sources: [], how: 'constant', value: 0n } as const) : made;
    return {
      t,
      tid,
      pc,
      wrote,
      value: from?.value,
      sources: from?.sources ?? [],
      how: from?.how ?? 'computed',
    };
  }
}

const X15 = 'xmm15';

const hexOf = (bytes: Uint8Array): string => bytes.reduce((text, byte) => text + byte.toString(16).padStart(2, '0'), '');

const overlaps = (one: number, size: number, other: number, length: number): boolean => one < other + length && other < one + size;

function writes({ writes: list, flags }: Effects, { register, offset, bytes }: RegisterSpot): boolean {
  if (register === 'flags') return flags.writes !== 0;
  return list.some(each => each.register === register && overlaps(each.offset, each.bytes, offset, bytes));
}

/** Of a place the part that an instruction writes: SETE writes one byte of a register, and leaves the others. */
function written({ writes: list }: Effects, spot: ValueSpot): ValueSpot {
  if (spot.kind === 'memory' || spot.register === 'flags') return spot;
  const write = list.findLast(each => each.register === spot.register && overlaps(each.offset, each.bytes, spot.offset, spot.bytes));
  if (write === undefined) return spot;
  const offset = Math.max(spot.offset, write.offset);
  return { ...spot, offset, bytes: Math.min(spot.offset + spot.bytes, write.offset + write.bytes) - offset };
}

interface From {
  readonly value: bigint | undefined;
  readonly sources: readonly ValueSpot[];
  readonly how: OriginLink['how'];
}

type Leaf = EffectLeaf | { readonly kind: 'flags' };

/** What an instruction, whose turn it is, makes a place of. */
class Made {
  constructor(
    private readonly effects: Effects,
    private readonly registers: Registers,
    private readonly process: Process,
    private readonly tid: number,
  ) {}

  of(spot: ValueSpot): From | undefined {
    if (spot.kind === 'memory') return this.ofMemory(spot);
    if (spot.register === 'flags') return this.ofCompared();
    const write = this.effects.writes.findLast(
      each => each.register === spot.register && overlaps(each.offset, each.bytes, spot.offset, spot.bytes),
    );
    return write && this.ofValue(write.value, Math.max(0, spot.offset - write.offset), spot.bytes);
  }

  private ofMemory({ address, bytes }: MemorySpot): From | undefined {
    const { effects } = this;
    for (const access of effects.accesses) {
      const at = access.kind === 'read' ? undefined : this.address(access.address);
      if (at === undefined) continue;
      const offset = Number(address - at);
      if (effects.repeats) return this.repeated(address, bytes);
      if (!overlaps(0, access.bytes, offset, bytes)) continue;
      return access.value === undefined ? this.ofReads(undefined) : this.ofValue(access.value, Math.max(0, offset), bytes);
    }
    // A return address.
    if (effects.flow.kind === 'call') return { value: effects.address + BigInt(effects.length), sources: [], how: 'constant' };
    return this.ofReads(undefined);
  }

  /** REP MOVS moves from as far behind RSI as the place is behind RDI; REP STOS stores RAX. */
  private repeated(address: bigint, bytes: number): From {
    const { accesses } = this.effects;
    const source = accesses.find(({ kind }) => kind === 'read');
    const into = accesses.find(({ kind }) => kind !== 'read')!;
    if (source === undefined) return { value: undefined, sources: [this.register('rax', 0, Math.min(8, bytes))], how: 'moved' };
    const from = this.address(source.address)! + (address - this.address(into.address)!);
    return { value: this.read(from, bytes), sources: [{ kind: 'memory', address: BigInt.asUintN(64, from), bytes }], how: 'moved' };
  }

  private ofValue(value: EffectValue, offset: number, bytes: number): From {
    const { effects, registers, process } = this;
    const whole = valueNow(effects, value, registers, process.memory);
    const number = whole === undefined ? undefined : BigInt.asUintN(8 * Math.min(8, bytes), whole >> BigInt(8 * offset));
    const chosen = this.chosen(value);
    const leaves = leavesOf(chosen);
    if (leaves.length === 0)
      return chosen.kind === 'unknown'
        ? this.ofReads(number)
        : { value: number, sources: [], how: isConstant(chosen) ? 'constant' : 'computed' };
    const plain = !isComputed(chosen);
    const spots = leaves.flatMap(leaf => this.spotOf(leaf, plain ? offset : 0, plain ? bytes : 8));
    // Zeros before a narrower value.
    if (spots.length === 0) return { value: 0n, sources: [], how: 'constant' };
    return { value: number, sources: plain ? spots : this.byWeight(spots), how: plain ? 'moved' : 'computed' };
  }

  /** Of what a condition chooses, what it has chosen. */
  private chosen(value: EffectValue): EffectValue {
    if (!isComputed(value) || value.operation !== 'select') return value;
    const [one, other, condition] = value.args as readonly [EffectValue, EffectValue, EffectValue];
    const holds = valueNow(this.effects, condition, this.registers, this.process.memory);
    return holds === undefined ? value : this.chosen(holds !== 0n ? one : other);
  }

  private spotOf(leaf: Leaf, offset: number, bytes: number): ValueSpot[] {
    if (leaf.kind === 'flags') return [this.register('flags', 0, 8)];
    if (offset >= leaf.bytes) return [];
    const size = Math.min(bytes, leaf.bytes - offset);
    if (leaf.kind === 'register') return [this.register(leaf.register, leaf.offset + offset, size)];
    const at = this.address(this.effects.accesses[leaf.access]!.address);
    return at === undefined ? [] : [{ kind: 'memory', address: BigInt.asUintN(64, at + BigInt(leaf.offset + offset)), bytes: size }];
  }

  /** Of several, memory first, then registers that hold something. */
  private byWeight(spots: readonly ValueSpot[]): readonly ValueSpot[] {
    const weight = (spot: ValueSpot): number => {
      if (spot.kind === 'memory') return 0;
      if (spot.register === 'rsp' || spot.register === 'flags') return 3;
      return isGpr(spot.register as EffectRegister) && this.registers.get(spot.register as GprName) === 0n ? 2 : 1;
    };
    return [...spots].sort((one, other) => weight(one) - weight(other));
  }

  /** No tree says how: what the instruction reads at all, if that is one thing besides where it reads. */
  private ofReads(value: bigint | undefined): From {
    const { effects } = this;
    const read = effects.accesses.find(({ kind }) => kind !== 'write');
    const at = read && this.address(read.address);
    if (at !== undefined) return { value, sources: [{ kind: 'memory', address: at, bytes: Math.min(8, read!.bytes) }], how: 'computed' };
    const inAddresses = new Set(
      effects.accesses.flatMap(({ address }) => leavesOf(address).map(leaf => (leaf.kind === 'register' ? leaf.register : ''))),
    );
    const reads = effects.reads.filter(({ register }) => !inAddresses.has(register));
    if (reads.length === 0) return { value, sources: [], how: 'computed' };
    return { value, sources: this.byWeight(reads.map(each => this.register(each.register, each.offset, each.bytes))), how: 'computed' };
  }

  /** What flags are made of: all that is compared. */
  private ofCompared(): From {
    const { effects } = this;
    const { value, sources } = this.ofReads(undefined);
    if (sources[0]?.kind !== 'memory') return { value, sources, how: 'computed' };
    const addresses = effects.accesses.flatMap(({ address }) => leavesOf(address));
    const others = effects.reads.filter(({ register }) => !addresses.some(leaf => leaf.kind === 'register' && leaf.register === register));
    return { value, sources: [...sources, ...others.map(each => this.register(each.register, each.offset, each.bytes))], how: 'computed' };
  }

  private register(register: EffectRegister | 'flags', offset: number, bytes: number): RegisterSpot {
    return { kind: 'register', register, offset, bytes, tid: this.tid };
  }

  private address(value: EffectValue): bigint | undefined {
    return valueWith(value, this.registers);
  }

  private read(address: bigint, bytes: number): bigint | undefined {
    const { memory } = this.process;
    if (bytes > 8 || !memory.allows(address, bytes, 'read')) return undefined;
    return memory.read(address, bytes).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  }
}

/** What a value is made of, each once. */
function leavesOf(value: EffectValue): readonly Leaf[] {
  const found = new Map<string, Leaf>();
  const visit = (each: EffectValue): void => {
    if (isComputed(each)) for (const arg of each.args) visit(arg);
    else if (each.kind === 'register') found.set(`${each.register} ${each.offset}`, each);
    else if (each.kind === 'memory') found.set(`${each.access} ${each.offset}`, each);
    else if (each.kind === 'flags') found.set('flags', { kind: 'flags' });
  };
  visit(value);
  return [...found.values()];
}
