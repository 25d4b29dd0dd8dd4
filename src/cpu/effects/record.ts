/**
 * Runs a row with values in place of WebAssembly's: what it reads, writes and computes becomes data. Both sides of a condition are run; what
 * only one of them does is not certain.
 */
import type { Vector } from '../api.js';
import { HELPER_EFFECTS, UNIT_EFFECTS } from '../helpers/effects.js';
import type { HelperEffects } from '../helpers/stated.js';
import {
  type Body,
  type BranchWay,
  type Emit,
  type Exit,
  type Helper,
  type HelperUnit,
  type Load,
  type Local,
  type Node,
  type Operand,
  type StateField,
  type Store,
  widthBytes,
} from '../ir/emit.js';
import { STATUS_FLAGS } from '../layout.js';
import { operandsOf } from '../wasm/code.js';
import { demandedFlags, writtenFlags } from './flag-use.js';
import type { RowAccess, RowEffects, RowFlow, RowLeaf, RowSlot, RowValue, RowWrite } from './row.js';
import { apply, constantValue, FLAGS_VALUE, known, low, UNKNOWN } from './value.js';

/** A value of the recording: besides a row's values, the host address of an access. */
type Value = RowValue | { readonly kind: 'host'; readonly access: number };

interface State {
  readonly locals: Map<Local, Value>;
  /** By place, offset and bytes, in the order of the last writes. */
  readonly writes: Map<string, RowWrite>;
  /** The way has ended: in a fault, whose writes do not count, or elsewhere. */
  over: boolean;
}

interface Choice {
  readonly condition: RowValue;
  readonly before: State;
  taken: State | undefined;
}

const copy = (state: State): State => ({ locals: new Map(state.locals), writes: new Map(state.writes), over: state.over });

/** Fields that are the emulator's own. */
const OWN: ReadonlySet<Operand | StateField> = new Set<StateField>([
  'rip',
  'temp',
  'rmwHost',
  'exit',
  'exitVector',
  'callTop',
  'callFree',
  'pauses',
  'clockNs',
  'clockTicks',
  'clockPace',
  'clockCpu',
  'helperOp',
]);
/** How the flags are kept: they count as flags. */
const LAZY: ReadonlySet<Operand | StateField> = new Set<StateField>(['ccOp', 'ccA', 'ccB', 'ccR', 'ccS']);
const OTHER_FLAGS: Partial<Record<Operand | StateField, number>> = { df: 0x400, flagsRest: 0x24_0302 };

export function recordRow(emit: Node): RowEffects {
  const recorder = new Recorder();
  emit(recorder);
  return recorder.effects();
}

class Recorder implements Emit, Body {
  readonly code = this;
  private readonly stack: Value[] = [];
  private readonly choices: Choice[] = [];
  private state: State = { locals: new Map(), writes: new Map(), over: false };
  private readonly ends: State[] = [];
  private readonly reads = new Map<string, RowSlot>();
  private readonly accesses: RowAccess[] = [];
  private flagsRead = 0;
  private readonly raises = new Set<Vector>();
  private readonly helpers = new Set<string>();
  private flow: RowFlow = { kind: 'next' };
  private repeated = false;

  effects(): RowEffects {
    if (this.stack.length > 0) throw new Error('a row leaves values on the stack');
    this.end(true);
    const all = this.ends.reduce((one, other) => merged(UNKNOWN, one, other));
    const lazy = (field: StateField): RowValue | undefined => [...all.writes.values()].find(({ place }) => place === field)?.value;
    const status = writtenFlags(lazy('ccOp'), lazy('ccR'));
    const flags = { reads: this.flagsRead | status.reads, writes: status.writes };
    const writes: RowWrite[] = [];
    for (const write of all.writes.values()) {
      const other = OTHER_FLAGS[write.place];
      if (other !== undefined) flags.writes |= other;
      else if (!LAZY.has(write.place) && !OWN.has(write.place))
        writes.push({ ...write, value: this.repeated ? UNKNOWN : known(low(write.value, write.bytes, false)) });
    }
    return {
      reads: [...this.reads.values()],
      writes,
      accesses: this.accesses,
      repeats: this.repeated,
      flags,
      flow: this.flow,
      raises: [...this.raises],
      helpers: [...this.helpers],
    };
  }

  // ---- a body's instructions ---------------------------------------------------------------------------------------------------------

  private push(value: Value): this {
    this.stack.push(value);
    return this;
  }

  private pop(): Value {
    const value = this.stack.pop();
    if (value === undefined) throw new Error('a row takes more from the stack than it has put there');
    return value;
  }

  /** What a node leaves. */
  private value(node: Node): RowValue {
    node(this);
    return plain(this.pop());
  }

  op(name: string): this {
    const args = Array.from({ length: operandsOf(name) }, () => this.pop()).reverse();
    if (name === 'drop') return this;
    const values = args.map(plain);
    const result = apply<RowLeaf>(name, values);
    if (result.kind === 'unknown') for (const value of values) this.use(value);
    return this.push(result);
  }

  i32(value: number): this {
    return this.push({ kind: 'constant', value: BigInt.asUintN(32, BigInt(value)) });
  }

  i64(value: bigint): this {
    return this.push(constantValue(value));
  }

  v128(): this {
    return this.push(UNKNOWN);
  }

  shuffle(): this {
    this.pop();
    this.pop();
    return this.push(UNKNOWN);
  }

  get(local: Local): this {
    return this.push(this.state.locals.get(local) ?? UNKNOWN);
  }

  set(local: Local): this {
    this.state.locals.set(local, this.pop());
    return this;
  }

  memory(how: Load | Store, offset = 0): this {
    const stored = how.includes('store') ? this.pop() : undefined;
    const address = this.pop();
    if (address.kind !== 'host') return stored === undefined ? this.push(UNKNOWN) : this;
    if (stored !== undefined) throw new Error('a row stores at a host address by itself');
    const bytes = widthBytes(how as Load);
    const access = this.accesses[address.access]!;
    if (access.kind === 'probe') this.accesses[address.access] = { ...access, kind: 'update' };
    return this.push({ kind: 'memory', access: address.access, offset, bytes, signed: how.endsWith('_s') });
  }

  fill(): this {
    this.pop();
    this.pop();
    const to = this.pop();
    if (to.kind !== 'host') throw new Error('a row fills what is no guest memory');
    this.repeated = true;
    return this;
  }

  if(): this {
    return this.fork(plain(this.pop()));
  }

  private fork(condition: RowValue): this {
    this.use(condition);
    this.choices.push({ condition, before: copy(this.state), taken: undefined });
    return this;
  }

  else(): this {
    const choice = this.choices.at(-1)!;
    choice.taken = this.state;
    this.state = copy(choice.before);
    return this;
  }

  end(last = false): this {
    if (last) {
      if (!this.state.over) this.ends.push(this.state);
      return this;
    }
    const { condition, before, taken } = this.choices.pop()!;
    this.state = taken === undefined ? merged(condition, this.state, before) : merged(condition, taken, this.state);
    return this;
  }

  /** What the guest sees of it depends on the value. */
  private use(value: RowValue): void {
    this.flagsRead |= demandedFlags(value);
  }

  private get certain(): boolean {
    return this.choices.length === 0;
  }

  // ---- the register file -----------------------------------------------------------------------------------------------------------

  read(place: Operand | StateField, how: Load, offset: number): void {
    const slot = { place, offset, bytes: widthBytes(how) };
    this.push(this.valueOf(slot, how.endsWith('_s')));
  }

  private valueOf(slot: RowSlot, signed: boolean): Value {
    const { place, offset, bytes } = slot;
    const written = this.state.writes.get(keyOf(slot)) ?? [...this.state.writes.values()].findLast(write => overlap(write, slot));
    if (written !== undefined) {
      if (!written.certain) this.noteRead(slot);
      const host = written.value as Value;
      if (host.kind === 'host') return host;
      return written.offset === offset && written.bytes >= bytes ? low(written.value, bytes, signed) : UNKNOWN;
    }
    this.noteRead(slot);
    if (OTHER_FLAGS[place] !== undefined) return apply<RowLeaf>('i64.and', [FLAGS_VALUE, constantValue(BigInt(OTHER_FLAGS[place]!))]);
    return LAZY.has(place) || OWN.has(place) ? UNKNOWN : { kind: 'place', ...slot, signed };
  }

  private noteRead(slot: RowSlot): void {
    if (slot.place === 'ccOp' || OTHER_FLAGS[slot.place] !== undefined) return;
    if (LAZY.has(slot.place)) this.flagsRead |= STATUS_FLAGS;
    else if (!OWN.has(slot.place)) this.reads.set(keyOf(slot), slot);
  }

  write(place: Operand | StateField, how: Store, value: Node, offset: number): void {
    value(this);
    this.put({ place, offset, bytes: widthBytes(how) }, this.pop());
  }

  private put(slot: RowSlot, value: Value): void {
    const key = keyOf(slot);
    this.state.writes.delete(key);
    this.state.writes.set(key, { ...slot, value: value as RowValue, certain: true });
    if (!LAZY.has(slot.place)) this.use(plain(value));
  }

  readState(field: StateField, how: Load, offset: number): void {
    this.read(field, how, offset);
  }

  writeState(field: StateField, how: Store, value: Node, offset: number): void {
    this.write(field, how, value, offset);
  }

  imm(): void {
    this.push({ kind: 'immediate' });
  }

  aux(): void {
    this.push(UNKNOWN);
  }

  callee(): void {
    this.push({ kind: 'callee' });
  }

  flags(): void {
    this.push(FLAGS_VALUE);
  }

  carry(): void {
    this.push(FLAGS_VALUE).i32(1).op('i32.and');
  }

  // ---- guest memory ------------------------------------------------------------------------------------------------------------------

  private access(kind: RowAccess['kind'], bytes: number, address: Node, value?: Node): number {
    const place = this.value(address);
    this.use(place);
    const stored = value && this.value(value);
    if (stored !== undefined) this.use(stored);
    const written = stored && { value: known(low(stored, bytes, false)) };
    return this.accesses.push({ kind, bytes, address: known(place), ...written, certain: this.certain }) - 1;
  }

  readGuest(how: Load, address: Node): void {
    const access = this.access('read', widthBytes(how), address);
    this.push({ kind: 'memory', access, offset: 0, bytes: widthBytes(how), signed: how.endsWith('_s') });
  }

  reach(bytes: number, address: Node, forWrite: boolean): void {
    this.push({ kind: 'host', access: this.access(forWrite ? 'probe' : 'read', bytes, address) });
  }

  writeGuest(how: Store, address: Node, value: Node): void {
    this.access('write', widthBytes(how), address, value);
  }

  writeBack(how: Store, address: Node, value: Node): void {
    this.access('write', widthBytes(how), address, value);
  }

  whenWritable(address: Node, then: (host: Node) => Node): void {
    this.fork(UNKNOWN);
    const access = this.access('write', 1, address);
    this.state.locals.set('ad', this.accesses[access]!.address);
    then(() => this.push({ kind: 'host', access }))(this);
    this.end();
  }

  // ---- helpers and ways out ------------------------------------------------------------------------------------------------------------

  help(name: Helper): void {
    this.perform(name, HELPER_EFFECTS[name]);
  }

  keepCalls(): void {}

  doubts(): void {
    this.push(UNKNOWN);
  }

  operate(unit: HelperUnit, operation: string): void {
    this.perform(`${unit} ${operation}`, UNIT_EFFECTS[unit](operation));
  }

  private perform(name: string, { reads, writes, setsFlags, raises = [], ends }: HelperEffects): void {
    this.helpers.add(name);
    for (const vector of raises) this.raises.add(vector);
    if (ends) this.state.over = true;
    for (const slot of reads) this.valueOf(slot, false);
    for (const slot of writes) this.put(slot, UNKNOWN);
    if (setsFlags) this.put({ place: 'ccOp', offset: 0, bytes: 4 }, UNKNOWN);
  }

  /** The way goes on elsewhere. */
  private finish(flow?: RowFlow): void {
    if (flow !== undefined) this.flow = flow;
    this.ends.push(copy(this.state));
    this.state.over = true;
  }

  goTo(way: BranchWay): void {
    const choice = this.choices.at(-1);
    if (way === 'otherwise') this.finish();
    else this.finish(choice === undefined ? { kind: 'direct' } : { kind: 'branch', condition: known(choice.condition) });
  }

  jump(target: Node): void {
    this.finish({ kind: 'indirect', target: known(this.value(target)) });
  }

  /** What the region's blocks do, their own ops say. */
  enterRegion(): void {
    this.finish();
  }

  again(): void {
    this.repeated = true;
    this.finish();
  }

  leave(reason: Exit): void {
    this.finish({ kind: 'leave', reason });
  }

  left(): void {
    this.push(UNKNOWN);
  }

  repeats(): void {
    this.push(UNKNOWN);
  }

  repeat(times: Node): void {
    this.value(times);
  }
}

const plain = (value: Value): RowValue => (value.kind === 'host' ? UNKNOWN : (value as RowValue));
const keyOf = ({ place, offset, bytes }: RowSlot): string => `${place}+${offset}:${bytes}`;
const overlap = (one: RowSlot, other: RowSlot): boolean =>
  one.place === other.place && one.offset < other.offset + other.bytes && other.offset < one.offset + one.bytes;

/** What holds behind a condition, whichever side was taken. */
function merged(condition: RowValue, then: State, otherwise: State): State {
  if (then.over) return otherwise;
  if (otherwise.over) return then;
  const either = (one: Value | undefined, other: Value | undefined): Value => {
    if (one === other && one !== undefined) return one;
    return one === undefined || other === undefined ? UNKNOWN : apply<RowLeaf>('select', [plain(one), plain(other), condition]);
  };
  const locals = new Map<Local, Value>();
  for (const name of new Set([...then.locals.keys(), ...otherwise.locals.keys()]))
    locals.set(name, either(then.locals.get(name), otherwise.locals.get(name)));
  const writes = new Map<string, RowWrite>();
  for (const [key, write] of [...then.writes, ...otherwise.writes]) {
    const one = then.writes.get(key);
    const other = otherwise.writes.get(key);
    if (one === undefined || other === undefined) writes.set(key, { ...write, certain: false });
    else writes.set(key, { ...write, value: plain(either(one.value, other.value)), certain: one.certain && other.certain });
  }
  return { locals, writes, over: false };
}
