/** String instructions. A repeated one is a record that comes back to itself: each element's effects are final before the next, as the SDM has it. */
import { STATE } from '../layout.js';
import { flagsOf } from './flags.js';
import { readable, writeGuest } from './memory.js';
import { c64, cut, get, imm, load, local, type Node, op, row, seq, setLocal, setState, state, WIDTHS, type Width, when } from './op.js';

const RCX = STATE.gpr + 8;
const RBX = STATE.gpr + 24;
const RSI = STATE.gpr + 48;
const RDI = STATE.gpr + 56;
const LOADS = { 8: 'i64.load8_u', 16: 'i64.load16_u', 32: 'i64.load32_u', 64: 'i64.load' } as const;
const STORES = { 8: 'i64.store8', 16: 'i64.store16', 32: 'i64.store32', 64: 'i64.store' } as const;

/** A register as wide as the address size; the record's immediate is the mask. */
const masked = (register: number): Node => op('i64.and', state(register), imm);
/** One element up, or down when DF is set. */
const step = (register: number, w: Width): Node =>
  setState(
    register,
    op('i64.and', op('i64.add', state(register), op('select', c64(w / 8), c64(-w / 8), op('i64.eqz', state(STATE.df)))), imm),
  );
/** The source's segment base is in a; the destination is always flat. */
const source: Node = op('i64.add', masked(RSI), get('a', 64));
const destination: Node = masked(RDI);

const value = local('y');
const elements: Record<string, (w: Width) => Node> = {
  movs: w =>
    seq(
      setLocal('y', load(LOADS[w], readable(w / 8, source))),
      writeGuest(w / 8, destination, host => e => {
        host(e);
        value(e);
        e.code.memory(STORES[w]);
      }),
      step(RSI, w),
      step(RDI, w),
    ),
  stos: w =>
    seq(
      writeGuest(w / 8, destination, host => e => {
        host(e);
        state(STATE.gpr)(e);
        e.code.memory(STORES[w]);
      }),
      step(RDI, w),
    ),
  lods: w =>
    seq(
      setLocal('y', load(LOADS[w], readable(w / 8, source))),
      setState(STATE.gpr, value, w === 32 ? 'i64.store' : STORES[w]),
      step(RSI, w),
    ),
  scas: w =>
    seq(
      setLocal('y', load(LOADS[w], readable(w / 8, destination))),
      setLocal('x', cut(w, state(STATE.gpr))),
      setLocal('r', cut(w, op('i64.sub', local('x'), value))),
      flagsOf('sub', w, local('x'), value, local('r')),
      step(RDI, w),
    ),
  cmps: w =>
    seq(
      setLocal('x', load(LOADS[w], readable(w / 8, source))),
      setLocal('y', load(LOADS[w], readable(w / 8, destination))),
      setLocal('r', cut(w, op('i64.sub', local('x'), value))),
      flagsOf('sub', w, local('x'), value, local('r')),
      step(RSI, w),
      step(RDI, w),
    ),
};

const again: Node = e => e.code.br('next');
const countDown = setState(RCX, op('i64.and', op('i64.sub', state(RCX), c64(1)), imm));
for (const w of WIDTHS) {
  for (const [name, element] of Object.entries(elements)) {
    const compares = name === 'scas' || name === 'cmps';
    const traits = { faults: true, readsFlags: true };
    row(`${name}${w}`, element(w), traits);
    // `rep` leaves by falling through. Comparing forms stop when ZF is no longer what the prefix asks for.
    if (!compares) row(`rep_${name}${w}`, when(op('i64.ne', masked(RCX), c64(0)), seq(element(w), countDown, again)), traits);
    else {
      for (const [prefix, goOn] of [
        ['repe', op('i64.eqz', local('r'))],
        ['repne', op('i64.ne', local('r'), c64(0))],
      ] as const) {
        row(`${prefix}_${name}${w}`, when(op('i64.ne', masked(RCX), c64(0)), seq(element(w), countDown, when(goOn, again))), traits);
      }
    }
  }
}
/** XLAT: AL = [segment base in a + RBX + AL]. */
row(
  'xlat',
  seq(
    setLocal(
      'r',
      load(
        'i64.load8_u',
        readable(1, op('i64.add', get('a', 64), op('i64.and', op('i64.add', state(RBX), state(STATE.gpr, 'i64.load8_u')), imm))),
      ),
    ),
    setState(STATE.gpr, local('r'), 'i64.store8'),
  ),
  { faults: true },
);
