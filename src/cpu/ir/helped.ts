/** Rows that an imported helper does: those whose operation is a number in STATE.helperOp. */
import { SSE_RARE_OPS, sseRareNumber } from '../helpers/sse-rare.js';
import { X87_OPS, x87Number } from '../helpers/x87.js';
import { STATE } from '../layout.js';
import { c32, c64, callHelper, get, imm, local, type Node, type Operand, op, row, seq, setLocal, setState, state, when } from './op.js';

const addressOf =
  (operand: Operand): Node =>
  e =>
    e.address(operand);

/** Tells the helper its operation and operands, and calls it. */
export const byHelper = (helper: 'sseFloat' | 'sseRare' | 'x87', number: number): Node =>
  seq(
    setState(STATE.helperOp, c32(number), 'i32.store'),
    setState(STATE.helperD, addressOf('d'), 'i32.store'),
    setState(STATE.helperA, addressOf('a'), 'i32.store'),
    setState(STATE.helperB, addressOf('b'), 'i32.store'),
    setState(STATE.helperImm, imm),
    callHelper(helper),
  );

for (const name of SSE_RARE_OPS)
  row(
    name,
    byHelper('sseRare', sseRareNumber(name)),
    name.startsWith('pcmp') ? { apart: true, setsFlags: { bits: true } } : { apart: true },
  );

const COMPARES_TO_FLAGS = /^fu?comip?$/;
const isPending = op('i32.and', state(STATE.fsw, 'i32.load'), c32(0x80));
for (const name of X87_OPS) {
  if (name === 'fwait') row(name, when(isPending, byHelper('x87', x87Number(name))), { faults: true });
  else
    row(
      name,
      byHelper('x87', x87Number(name)),
      COMPARES_TO_FLAGS.test(name) ? { apart: true, faults: true, setsFlags: { bits: true } } : { apart: true, faults: true },
    );
}

/** MXCSR = a; #GP when reserved bits are set. */
row(
  'ldmxcsr',
  seq(
    setLocal('x', get('a', 32)),
    when(op('i64.ne', op('i64.shr_u', local('x'), c64(16)), c64(0)), callHelper('misaligned')),
    setState(STATE.mxcsr, local('x'), 'i64.store32'),
  ),
  { faults: true },
);
