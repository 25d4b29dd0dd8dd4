/** String instructions. A repeated one is a record that comes back to itself: each element's effects are final before the next, as the SDM has it. */
import type { GprName } from '../api.js';
import { type Node, WIDTHS, type Width } from './emit.js';
import { flagsOf } from './flags.js';
import {
  c64,
  cut,
  get,
  imm,
  LOADS,
  local,
  op,
  REGISTER_STORES,
  readGuest,
  row,
  STORES,
  seq,
  setLocal,
  setState,
  state,
  when,
  writeGuest,
} from './op.js';

/** A register as wide as the address size; the record's immediate is the mask. */
const masked = (register: GprName): Node => op('i64.and', state(register), imm);
/** One element up, or down when DF is set. */
const step = (register: GprName, w: Width): Node =>
  setState(register, op('i64.and', op('i64.add', state(register), op('select', c64(w / 8), c64(-w / 8), op('i64.eqz', state('df')))), imm));
/** The source's segment base is in a; the destination is always flat. */
const source: Node = op('i64.add', masked('rsi'), get('a', 64));
const destination: Node = masked('rdi');

const value = local('y');
const elements: Record<string, (w: Width) => Node> = {
  movs: w => seq(setLocal('y', readGuest(LOADS[w], source)), writeGuest(STORES[w], destination, value), step('rsi', w), step('rdi', w)),
  stos: w => seq(writeGuest(STORES[w], destination, state('rax')), step('rdi', w)),
  lods: w => seq(setLocal('y', readGuest(LOADS[w], source)), setState('rax', value, REGISTER_STORES[w]), step('rsi', w)),
  scas: w =>
    seq(
      setLocal('y', readGuest(LOADS[w], destination)),
      setLocal('x', cut(w, state('rax'))),
      setLocal('r', cut(w, op('i64.sub', local('x'), value))),
      flagsOf('sub', w, local('x'), value, local('r')),
      step('rdi', w),
    ),
  cmps: w =>
    seq(
      setLocal('x', readGuest(LOADS[w], source)),
      setLocal('y', readGuest(LOADS[w], destination)),
      setLocal('r', cut(w, op('i64.sub', local('x'), value))),
      flagsOf('sub', w, local('x'), value, local('r')),
      step('rsi', w),
      step('rdi', w),
    ),
};

const again: Node = e => e.again();
const countDown = setState('rcx', op('i64.and', op('i64.sub', state('rcx'), c64(1)), imm));
for (const w of WIDTHS) {
  for (const [name, element] of Object.entries(elements)) {
    const compares = name === 'scas' || name === 'cmps';
    const traits = { faults: true, readsFlags: true, apart: true };
    row(`${name}${w}`, element(w), traits);
    // `rep` leaves by falling through. Comparing forms stop when ZF is no longer what the prefix asks for.
    if (!compares) row(`rep_${name}${w}`, when(op('i64.ne', masked('rcx'), c64(0)), seq(element(w), countDown, again)), traits);
    else {
      for (const [prefix, goOn] of [
        ['repe', op('i64.eqz', local('r'))],
        ['repne', op('i64.ne', local('r'), c64(0))],
      ] as const) {
        row(`${prefix}_${name}${w}`, when(op('i64.ne', masked('rcx'), c64(0)), seq(element(w), countDown, when(goOn, again))), traits);
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
      readGuest('i64.load8_u', op('i64.add', get('a', 64), op('i64.and', op('i64.add', state('rbx'), state('rax', 'i64.load8_u')), imm))),
    ),
    setState('rax', local('r'), 'i64.store8'),
  ),
  { faults: true, apart: true },
);
