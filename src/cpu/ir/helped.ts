/** Rows that a helper does. */
import { SSE_RARE_OPS } from '../helpers/sse-rare.js';
import { X87_OPS } from '../helpers/x87.js';
import { c32, c64, get, help, local, op, operate, row, seq, setLocal, setState, state, when } from './op.js';

for (const name of SSE_RARE_OPS)
  row(name, operate('sseRare', name), name.startsWith('pcmp') ? { apart: true, setsFlags: { leaves: 'bits' } } : { apart: true });

const COMPARES_TO_FLAGS = /^fu?comip?$/;
const isPending = op('i32.and', state('fsw', 'i32.load'), c32(0x80));
for (const name of X87_OPS) {
  if (name === 'fwait') row(name, when(isPending, operate('x87', name)), { faults: true });
  else
    row(
      name,
      operate('x87', name),
      COMPARES_TO_FLAGS.test(name) ? { apart: true, faults: true, setsFlags: { leaves: 'bits' } } : { apart: true, faults: true },
    );
}

/** MXCSR = a; #GP when reserved bits are set. */
row(
  'ldmxcsr',
  seq(
    setLocal('x', get('a', 32)),
    when(op('i64.ne', op('i64.shr_u', local('x'), c64(16)), c64(0)), help('misaligned')),
    setState('mxcsr', local('x'), 'i64.store32'),
  ),
  { faults: true },
);
