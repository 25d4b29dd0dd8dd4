/** Loads and stores of guest memory, the stack, and compare-and-exchange of pairs. */
import { type Node, WIDTHS } from './emit.js';
import { flagBits, setFlagBits } from './flags.js';
import {
  c32,
  c64,
  cut,
  get,
  getAs,
  help,
  imm,
  LOADS,
  load,
  local,
  op,
  probe,
  reach,
  readGuest,
  row,
  SIGNED_LOADS,
  STORES,
  select,
  seq,
  set,
  setAs,
  setLocal,
  setState,
  state,
  when,
  writeGuest,
} from './op.js';

/** Leaves with #GP unless the address in the node is a multiple of 16, or another power of two. */
const checkAligned = (address: Node, bytes = 16): Node =>
  when(op('i64.ne', op('i64.and', address, c64(bytes - 1)), c64(0)), seq(setState('exitAddress', address), help('misaligned')));
/** An address that must be aligned; it is in the local `ad` as well. */
export const aligned = (bytes: number, address: Node): Node => seq(setLocal('ad', address), checkAligned(local('ad'), bytes), local('ad'));

/** The address a + imm. */
export const effective: Node = op('i64.add', get('a', 64), imm);
const faults = { faults: true };
/** Rounds: below, the loop itself is as quick. */
const WORTH_FILLING = 8;

// d = [a + imm]. The plain loads fill d as an instruction's destination of that width would be; `load{w}u` (u for upper) clears the rest.
for (const w of WIDTHS) {
  row(`load${w}`, seq(setLocal('r', readGuest(LOADS[w], effective)), set('d', w, local('r'))), faults);
  // loadw and storew are the halves of a read-modify-write: the load sees to it that the store goes through, and where.
  row(
    `loadw${w}`,
    seq(
      setState('rmwHost', reach(w / 8, effective, true), 'i32.store'),
      setLocal('r', load(LOADS[w], state('rmwHost', 'i32.load'))),
      set('d', w, local('r')),
    ),
    faults,
  );
  row(`storew${w}`, e => e.writeBack(STORES[w], effective, get('b', w)));
  row(`store${w}`, writeGuest(STORES[w], effective, get('b', w)), faults);
}
const least = (limit: Node): Node =>
  seq(setLocal('y', limit), setLocal('x', op('select', local('x'), local('y'), op('i64.lt_u', local('x'), local('y')))));
/**
 * In front of a block that is a loop, which stores the byte b at [a + imm], adds 1 to a and goes on until a is d: does as many of its rounds at
 * once as the page and the budget allow, and leaves one at least in the page to the loop, for its flags.
 */
const fill =
  (host: Node): Node =>
  e => {
    host(e);
    get('b', 8)(e);
    e.code.op('i32.wrap_i64').get('x').op('i32.wrap_i64').fill();
    e.repeat(local('x'));
  };
row('fill8', e =>
  e.whenWritable(effective, host =>
    seq(
      setLocal('x', op('i64.sub', op('i64.sub', get('d', 64), get('a', 64)), c64(1))),
      least(op('i64.sub', c64(4095), op('i64.and', local('ad'), c64(4095)))),
      least(e => e.repeats()),
      when(op('i64.ge_u', local('x'), c64(WORTH_FILLING)), seq(fill(host), set('a', 64, op('i64.add', get('a', 64), local('x'))))),
    ),
  ),
);
for (const from of [8, 16, 32] as const) {
  if (from !== 32) row(`load${from}z64`, seq(setLocal('r', readGuest(LOADS[from], effective)), set('d', 64, local('r'))), faults);
  row(`load${from}s64`, seq(setLocal('r', readGuest(SIGNED_LOADS[from], effective)), set('d', 64, local('r'))), faults);
  if (from !== 32) {
    row(`load${from}s32`, seq(setLocal('r', readGuest(SIGNED_LOADS[from], effective)), set('d', 32, cut(32, local('r')))), faults);
  }
}
row('load8s16', seq(setLocal('r', readGuest(SIGNED_LOADS[8], effective)), set('d', 16, local('r'))), faults);

// 128 bits; the `a` rows insist on alignment.
for (const suffix of ['', 'a'] as const) {
  const address: Node = suffix === 'a' ? aligned(16, effective) : effective;
  row(`load128${suffix}`, seq(setLocal('q', readGuest('v128.load', address)), setAs('d', 'v128.store', local('q'))), faults);
  row(`store128${suffix}`, writeGuest('v128.store', address, getAs('b', 'v128.load')), faults);
}
// 4 or 8 bytes into the low lane of a 128-bit destination, upper lanes zero.
row('load32v', seq(setLocal('q', readGuest('v128.load32_zero', effective)), setAs('d', 'v128.store', local('q'))), faults);
row('load64v', seq(setLocal('q', readGuest('v128.load64_zero', effective)), setAs('d', 'v128.store', local('q'))), faults);
row('mov128', setAs('d', 'v128.store', getAs('a', 'v128.load')));

// ---- stack -------------------------------------------------------------------------------------------------------------------------

const below = (bytes: number): Node => op('i64.sub', state('rsp'), c64(bytes));
for (const [w, bytes] of [
  [64, 8],
  [16, 2],
] as const) {
  const stackTraits = { faults: true, apart: w === 16 };
  row(`push${w}`, seq(writeGuest(STORES[w], below(bytes), get('a', w)), setState('rsp', below(bytes))), stackTraits);
  // RSP first: POP RSP leaves the popped value.
  row(
    `pop${w}`,
    seq(
      setLocal('r', readGuest(LOADS[w], state('rsp'))),
      setState('rsp', op('i64.add', state('rsp'), c64(bytes))),
      set('d', w, local('r')),
    ),
    stackTraits,
  );
}
row(
  'leave',
  seq(
    setLocal('r', readGuest('i64.load', state('rbp'))),
    setState('rsp', op('i64.add', state('rbp'), c64(8))),
    setState('rbp', local('r')),
  ),
  faults,
);
row(
  'leave16',
  seq(
    setLocal('r', readGuest('i64.load16_u', state('rbp'))),
    setState('rsp', op('i64.add', state('rbp'), c64(2))),
    setState('rbp', local('r'), 'i64.store16'),
  ),
  faults,
);
/** Probe 8 or 2 bytes from a + imm on for writing without changing it: ops with several stores make sure of the last before the first. */
row('probew64', probe(8, effective), faults);
row('probew16', probe(2, effective), faults);

// ---- CMPXCHG8B and CMPXCHG16B: RDX:RAX is compared with the pair at a + imm; RCX:RBX replaces it. --------------------------------------

for (const half of [32, 64] as const) {
  const bytes = half / 4;
  const at = half === 64 ? aligned(16, effective) : seq(setLocal('ad', effective), local('ad'));
  const equal = op('i32.and', op('i64.eq', local('x'), state('rax', LOADS[half])), op('i64.eq', local('y'), state('rdx', LOADS[half])));
  const zf = c32(0x40);
  row(
    `cmpxchgpair${half}`,
    seq(
      setLocal('h', reach(bytes, at, true)),
      setLocal('x', load(LOADS[half], local('h'))),
      setLocal('y', load(LOADS[half], local('h'), bytes / 2)),
      setLocal('f', equal),
      // The old value is written back when they differ, as the processor does.
      writeGuest(STORES[half], effective, select(local('f'), state('rbx', LOADS[half]), local('x'))),
      writeGuest(STORES[half], op('i64.add', effective, c64(bytes / 2)), select(local('f'), state('rcx', LOADS[half]), local('y'))),
      setFlagBits(op('i32.or', op('i32.and', flagBits, c32(0x8d5 & ~0x40)), op('i32.mul', local('f'), zf))),
      when(op('i32.eqz', local('f')), seq(setState('rax', local('x')), setState('rdx', local('y')))),
    ),
    { faults: true, setsFlags: {}, readsFlags: true, apart: true },
  );
}
