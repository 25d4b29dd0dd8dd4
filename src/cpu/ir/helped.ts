/** Rows that a helper does. */
import { SSE_RARE_OPS, sseRareEffects } from '../helpers/sse-rare.js';
import type { HelperEffects } from '../helpers/stated.js';
import { SYSTEM_OPS, systemEffects } from '../helpers/system.js';
import { X87_OPS, x87Effects } from '../helpers/x87.js';
import { c32, c64, get, help, local, op, operate, type RowTraits, row, seq, setLocal, setState, state, when } from './op.js';

/** What a helper's statement says of the flags, as traits. */
const flagTraits = ({ setsFlags }: HelperEffects): RowTraits => (setsFlags ? { setsFlags: { leaves: 'bits' } } : {});

for (const name of SSE_RARE_OPS) row(name, operate('sseRare', name), { apart: true, ...flagTraits(sseRareEffects(name)) });

const isPending = op('i32.and', state('fsw', 'i32.load'), c32(0x80));
for (const name of X87_OPS) {
  if (name === 'fwait') row(name, when(isPending, operate('x87', name)), { faults: true });
  else row(name, operate('x87', name), { apart: true, faults: true, ...flagTraits(x87Effects(name)) });
}

for (const name of SYSTEM_OPS) row(name, operate('system', name), { apart: true, faults: true, ...flagTraits(systemEffects(name)) });

/** MXCSR = a; #GP when reserved bits are set. */
row(
  'ldmxcsr',
  seq(
    setLocal('x', get('a', 32)),
    when(op('i64.ne', op('i64.shr_u', local('x'), c64(16)), c64(0)), help('reservedBits')),
    setState('mxcsr', local('x'), 'i64.store32'),
  ),
  { faults: true },
);
