/**
 * Guest memory. An access probes the TLB inline: the tag is compared with the page of the access's *last* byte, so that one comparison also
 * catches accesses that cross into the next page. Everything else goes through the imported slow path.
 */
import { STATE, TLB } from '../layout.js';
import { flagBits, setFlagBits } from './flags.js';
import {
  c32,
  c64,
  get,
  getAs,
  imm,
  load,
  local,
  type Node,
  op,
  row,
  seq,
  set,
  setAs,
  setLocal,
  setState,
  state,
  store,
  WIDTHS,
  when,
} from './op.js';

const hostAddress: Node = op('i32.add', op('i32.wrap_i64', local('ad')), load('i32.load', local('e'), TLB.delta));
const slowArguments = (size: number): Node =>
  seq(op('i32.wrap_i64', local('ad')), op('i32.wrap_i64', op('i64.shr_u', local('ad'), c64(32))), c32(size));

/** Puts the guest address in `ad` and its TLB entry in `e`; leaves whether the tag at `tagOffset` matches. */
const probe = (bytes: number, address: Node, tagOffset: number): Node =>
  seq(
    setLocal('ad', address),
    setLocal(
      'e',
      op('i32.and', op('i32.shr_u', op('i32.wrap_i64', local('ad')), c32(12 - TLB.entryBits)), c32((TLB.entries - 1) << TLB.entryBits)),
    ),
    setLocal('e', op('i32.add', local('e'), c32(TLB.base))),
    op(
      'i64.eq',
      load('i64.load', local('e'), tagOffset),
      op('i64.and', bytes === 1 ? local('ad') : op('i64.add', local('ad'), c64(bytes - 1)), c64(-4096)),
    ),
  );

/** Host address (i32) at which `bytes` guest bytes can be read. `forWrite` asks for the right to write them as well (read-modify-write). */
export const readable =
  (bytes: number, address: Node, forWrite = false): Node =>
  e => {
    probe(bytes, address, forWrite ? TLB.write : 0)(e);
    e.code.if('i32');
    hostAddress(e);
    e.code.else();
    slowArguments(bytes)(e);
    e.helper(forWrite ? 'slowReadWrite' : 'slowRead');
    e.code.tee('h').op('i32.eqz').brIf(e.fail);
    e.code.get('h');
    e.code.end();
  };

/** Writes `bytes` guest bytes; `write` stores them at the host address that it is given (an i32 node). */
export const writeGuest =
  (bytes: number, address: Node, write: (host: Node) => Node): Node =>
  e => {
    probe(bytes, address, TLB.write)(e);
    e.code.if();
    write(hostAddress)(e);
    e.code.else();
    write(c32(STATE.bounce))(e);
    slowArguments(bytes)(e);
    e.helper('slowWrite');
    e.code.brIf(e.fail);
    e.code.end();
  };

/** Leaves with #GP unless the address in the node is a multiple of 16. */
const aligned16 = (address: Node): Node =>
  seq(
    when(op('i64.ne', op('i64.and', address, c64(15)), c64(0)), e => {
      e.helper('misaligned');
      e.code.brIf(e.fail);
    }),
  );

const effective: Node = op('i64.add', get('a', 64), imm);
const LOADS = { 8: 'i64.load8_u', 16: 'i64.load16_u', 32: 'i64.load32_u', 64: 'i64.load' } as const;
const SIGNED = { 8: 'i64.load8_s', 16: 'i64.load16_s', 32: 'i64.load32_s' } as const;
const STORES = { 8: 'i64.store8', 16: 'i64.store16', 32: 'i64.store32', 64: 'i64.store' } as const;
const faults = { faults: true };
/** Rounds: below, the loop itself is as quick. */
const WORTH_FILLING = 8;

// d = [a + imm]. The plain loads fill d as an instruction's destination of that width would be; `load{w}u` (u for upper) clears the rest.
for (const w of WIDTHS) {
  const value = (forWrite: boolean): Node => load(LOADS[w], readable(w / 8, effective, forWrite));
  row(`load${w}`, seq(setLocal('r', value(false)), set('d', w, local('r'))), faults);
  // loadw and storew are the halves of a read-modify-write: the load sees to it that the store goes through, and where.
  row(
    `loadw${w}`,
    seq(
      setState(STATE.rmwHost, readable(w / 8, effective, true), 'i32.store'),
      setLocal('r', load(LOADS[w], state(STATE.rmwHost, 'i32.load'))),
      set('d', w, local('r')),
    ),
    faults,
  );
  row(
    `storew${w}`,
    seq(
      setLocal('h', state(STATE.rmwHost, 'i32.load')),
      store(STORES[w], local('h'), get('b', w)),
      // The bounce buffer means a page boundary, or an access that is watched.
      when(op('i32.eq', local('h'), c32(STATE.bounce)), e => {
        setLocal('ad', effective)(e);
        slowArguments(w / 8)(e);
        e.helper('slowWrite');
        e.code.brIf(e.fail);
      }),
    ),
  );
  row(
    `store${w}`,
    writeGuest(w / 8, effective, host => e => {
      host(e);
      get('b', w)(e);
      e.code.memory(STORES[w]);
    }),
    faults,
  );
}
const least = (limit: Node): Node =>
  seq(setLocal('y', limit), setLocal('x', op('select', local('x'), local('y'), op('i64.lt_u', local('x'), local('y')))));
/**
 * In front of a block that is a loop, which stores the byte b at [a + imm], adds 1 to a and goes on until a is d: does as many of its rounds at
 * once as the page and the budget allow, and leaves one at least in the page to the loop, for its flags.
 */
row(
  'fill8',
  when(
    probe(1, effective, TLB.write),
    seq(
      setLocal('x', op('i64.sub', op('i64.sub', get('d', 64), get('a', 64)), c64(1))),
      least(op('i64.sub', c64(4095), op('i64.and', local('ad'), c64(4095)))),
      least(e => e.repeats()),
      when(
        op('i64.ge_u', local('x'), c64(WORTH_FILLING)),
        seq(
          e => {
            hostAddress(e);
            get('b', 8)(e);
            e.code.op('i32.wrap_i64').get('x').op('i32.wrap_i64').fill();
            e.repeat(local('x'));
          },
          set('a', 64, op('i64.add', get('a', 64), local('x'))),
        ),
      ),
    ),
  ),
);
for (const from of [8, 16, 32] as const) {
  if (from !== 32)
    row(`load${from}z64`, seq(setLocal('r', load(LOADS[from], readable(from / 8, effective))), set('d', 64, local('r'))), faults);
  row(`load${from}s64`, seq(setLocal('r', load(SIGNED[from], readable(from / 8, effective))), set('d', 64, local('r'))), faults);
  if (from !== 32) {
    row(
      `load${from}s32`,
      seq(setLocal('r', load(SIGNED[from], readable(from / 8, effective))), set('d', 32, op('i64.and', local('r'), c64(0xffff_ffff)))),
      faults,
    );
  }
}
row('load8s16', seq(setLocal('r', load(SIGNED[8], readable(1, effective))), set('d', 16, local('r'))), faults);

// 128 bits; the `a` rows insist on alignment.
for (const aligned of [false, true]) {
  const address: Node = aligned ? seq(setLocal('ad', effective), aligned16(local('ad')), local('ad')) : effective;
  const suffix = aligned ? 'a' : '';
  row(`load128${suffix}`, seq(setLocal('q', load('v128.load', readable(16, address))), setAs('d', 'v128.store', local('q'))), faults);
  row(
    `store128${suffix}`,
    writeGuest(16, address, host => e => {
      host(e);
      getAs('b', 'v128.load')(e);
      e.code.memory('v128.store');
    }),
    faults,
  );
}
// 4 or 8 bytes into the low lane of a 128-bit destination, upper lanes zero.
row('load32v', seq(setLocal('q', load('v128.load32_zero', readable(4, effective))), setAs('d', 'v128.store', local('q'))), faults);
row('load64v', seq(setLocal('q', load('v128.load64_zero', readable(8, effective))), setAs('d', 'v128.store', local('q'))), faults);
row('mov128', setAs('d', 'v128.store', getAs('a', 'v128.load')));

// ---- stack -------------------------------------------------------------------------------------------------------------------------

const RSP = STATE.gpr + 32;
const below = (bytes: number): Node => op('i64.sub', state(RSP), c64(bytes));
for (const [w, bytes] of [
  [64, 8],
  [16, 2],
] as const) {
  row(
    `push${w}`,
    seq(
      writeGuest(bytes, below(bytes), host => e => {
        host(e);
        get('a', w)(e);
        e.code.memory(STORES[w]);
      }),
      setState(RSP, below(bytes)),
    ),
    faults,
  );
  // RSP first: POP RSP leaves the popped value.
  row(
    `pop${w}`,
    seq(
      setLocal('r', load(LOADS[w], readable(bytes, state(RSP)))),
      setState(RSP, op('i64.add', state(RSP), c64(bytes))),
      set('d', w, local('r')),
    ),
    faults,
  );
}
row(
  'leave',
  seq(
    setLocal('r', load('i64.load', readable(8, state(STATE.gpr + 40)))),
    setState(RSP, op('i64.add', state(STATE.gpr + 40), c64(8))),
    setState(STATE.gpr + 40, local('r')),
  ),
  faults,
);
/** Probes [a + imm, +8) for writing without changing it: ops with several stores make sure of the last before the first. */
row(
  'probew64',
  seq(readable(8, effective, true), e => e.code.op('drop')),
  faults,
);

// ---- CMPXCHG8B and CMPXCHG16B: RDX:RAX is compared with the pair at a + imm; RCX:RBX replaces it. --------------------------------------

const reg = (number: number): number => STATE.gpr + 8 * number;
for (const half of [32, 64] as const) {
  const bytes = half / 4;
  const how = half === 64 ? 'i64.load' : 'i64.load32_u';
  const put = half === 64 ? 'i64.store' : 'i64.store32';
  const at = seq(setLocal('ad', effective), half === 64 ? aligned16(local('ad')) : () => {}, local('ad'));
  const equal = op('i32.and', op('i64.eq', local('x'), state(reg(0), how)), op('i64.eq', local('y'), state(reg(2), how)));
  const zf = c32(0x40);
  row(
    `cmpxchgpair${half}`,
    seq(
      setLocal('h', readable(bytes, at, true)),
      setLocal('x', load(how, local('h'))),
      setLocal('y', load(how, local('h'), bytes / 2)),
      setLocal('f', equal),
      // The old value is written back when they differ, as the processor does.
      writeGuest(bytes / 2, effective, host => e => {
        host(e);
        op('select', state(reg(3), how), local('x'), local('f'))(e);
        e.code.memory(put);
      }),
      writeGuest(bytes / 2, op('i64.add', effective, c64(bytes / 2)), host => e => {
        host(e);
        op('select', state(reg(1), how), local('y'), local('f'))(e);
        e.code.memory(put);
      }),
      setFlagBits(op('i32.or', op('i32.and', flagBits, c32(0x8d5 & ~0x40)), op('i32.mul', local('f'), zf))),
      when(op('i32.eqz', local('f')), seq(setState(reg(0), local('x')), setState(reg(2), local('y')))),
    ),
    { faults: true, setsFlags: {}, readsFlags: true },
  );
}
