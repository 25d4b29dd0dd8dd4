/** Jumps, calls and the other ends of a block, with the record of unreturned calls that the stack walker reads. */
import { CALLS, EXIT, JUMP_CACHE, RECORD, STATE } from '../layout.js';
import { AGAINST_ZERO, COMPARE, CONDITIONS, conditionOf, FROM_BITS, flagsOf, flagsOfLogic } from './flags.js';
import { readable, writeGuest } from './memory.js';
import {
  aux,
  c32,
  c64,
  callHelper,
  cut,
  get,
  getSigned,
  imm,
  load,
  local,
  type Node,
  op,
  row,
  seq,
  set,
  setLocal,
  setState,
  state,
  store,
  WIDTHS,
  when,
} from './op.js';

const end = { flow: 'end' } as const;
const faultingEnd = { flow: 'end', faults: true } as const;
const RSP = STATE.gpr + 32;

const leave =
  (reason: number): Node =>
  e => {
    setState(STATE.exit, c32(reason), 'i32.store')(e);
    e.code.br(e.fail);
  };
const taken: Node = e => e.address('d');
const goTo =
  (target: Node, hot = false): Node =>
  e =>
    e.enter(target, hot);

// ---- leaving -----------------------------------------------------------------------------------------------------------------------

/** RIP = imm, then out: the block there has no translation yet. d is the address of the record field to patch. */
row('link', seq(setState(STATE.rip, imm), leave(EXIT.link)), end);
/** Stands in front of a block whose code has changed: looks the address up anew. */
row('stale', seq(setState(STATE.rip, imm), leave(EXIT.lookup)), end);
row('breakpoint', seq(setState(STATE.rip, imm), leave(EXIT.breakpoint)), end);
row(
  'syscall',
  seq(
    setState(STATE.gpr + 8, imm),
    setState(
      STATE.gpr + 88,
      op(
        'i64.or',
        op('i64.extend_i32_u', e => e.helper('flags')),
        op('i64.or', state(STATE.df), state(STATE.flagsRest)),
      ),
    ),
    setState(STATE.rip, imm),
    leave(EXIT.syscall),
  ),
  { flow: 'end', readsFlags: true },
);
/** An exception by its number in VECTORS (aux): RIP = imm. */
row('raise', seq(setState(STATE.rip, imm), setState(STATE.exitVector, aux, 'i32.store'), leave(EXIT.fault)), end);
/** In front of an instruction at the edge of a call or a stack: asks the observer of site number aux. */
row('edge', seq(setState(STATE.helperOp, aux, 'i32.store'), callHelper('edge')), { faults: true });
row('unsupported', seq(setState(STATE.rip, imm), leave(EXIT.unsupported)), end);

// ---- jumps -------------------------------------------------------------------------------------------------------------------------

/** An unconditional jump to the record d. */
row('jump', goTo(taken), end);

/** `hot`: loops end so. */
const branch = (
  name: string,
  before: Node,
  condition: Node,
  traits: { setsFlags?: object; readsFlags?: boolean } = {},
  hot = false,
): void => {
  row(name, seq(before, when(condition, goTo(taken, hot)), goTo(aux)), { flow: 'end', ...traits });
};
for (const condition of CONDITIONS) branch(`j_${condition}`, () => {}, conditionOf(condition), { readsFlags: true });
for (const [condition, node] of Object.entries(FROM_BITS)) branch(`jbits_${condition}`, () => {}, node, { readsFlags: true });
for (const w of WIDTHS) {
  const resultHow = w === 64 ? 'i64.load' : `i64.load${w}_s`;
  for (const [condition, compare] of Object.entries(COMPARE)) {
    const signed = op(compare.operator, getSigned('a', w), getSigned('b', w));
    const unsigned = op(compare.operator, get('a', w), get('b', w));
    // On the operands alone, and the pair CMP + Jcc in one.
    branch(`jsub${w}_${condition}`, () => {}, compare.signed ? signed : unsigned, { readsFlags: true });
    const compute = seq(
      setLocal('x', get('a', w)),
      setLocal('y', get('b', w)),
      setLocal('r', cut(w, op('i64.sub', local('x'), local('y')))),
      flagsOf('sub', w, local('x'), local('y'), local('r')),
    );
    branch(
      `cmpj${w}_${condition}`,
      compute,
      compare.signed ? signed : op(compare.operator, local('x'), local('y')),
      { setsFlags: {} },
      w >= 32,
    );
    // The end of a counting loop: ADD of imm to a, CMP with b, Jcc.
    if (w === 64)
      branch(`stepj64_${condition}`, seq(set('a', 64, op('i64.add', get('a', 64), imm)), compute), signed, { setsFlags: {} }, true);
  }
  for (const [condition, operator] of Object.entries(AGAINST_ZERO)) {
    // a is ccR, or ccS after INC and DEC.
    branch(`jres${w}_${condition}`, () => {}, op(operator, getSigned('a', w), c64(0)), { readsFlags: true });
    const compute = seq(setLocal('r', op('i64.and', get('a', w), get('b', w))), flagsOfLogic(w, local('r')));
    branch(`testj${w}_${condition}`, compute, op(operator, state(STATE.ccR, resultHow), c64(0)), { setsFlags: {} }, w >= 32);
  }
}
/** JRCXZ, JECXZ and LOOP: a is RCX as wide as the address size says; LOOP has been decremented before. */
branch('jzero', () => {}, op('i64.eqz', get('a', 64)));
branch('jnonzero', () => {}, op('i64.ne', get('a', 64), c64(0)));
for (const condition of ['e', 'ne'] as const) {
  branch(`jnonzero_${condition}`, () => {}, op('i32.and', op('i64.ne', get('a', 64), c64(0)), conditionOf(condition)), {
    readsFlags: true,
  });
}

/** RIP = the local `x`, then on to its block, from the jump cache when it is there. */
const indirect: Node = seq(
  setLocal(
    'e',
    op(
      'i32.shl',
      op(
        'i32.and',
        op('i32.xor', op('i32.wrap_i64', local('x')), op('i32.shr_u', op('i32.wrap_i64', local('x')), c32(14))),
        c32(JUMP_CACHE.entries - 1),
      ),
      c32(JUMP_CACHE.entryBits),
    ),
  ),
  when(
    op('i64.eq', load('i64.load', local('e'), JUMP_CACHE.base), local('x')),
    goTo(load('i32.load', local('e'), JUMP_CACHE.base + 8)),
    seq(setState(STATE.rip, local('x')), leave(EXIT.lookup)),
  ),
);
const notCanonical: Node = op('i64.ne', op('i64.shr_u', op('i64.add', local('x'), c64(1n << 47n)), c64(48)), c64(0));
/** A target that is not canonical is the jump's own fault: nothing has changed yet. */
const canonicalTarget: Node = when(notCanonical, callHelper('notCanonical'));
/** As `canonicalTarget`, behind the fault that the push of a return address would be. */
const canonicalCallee: Node = when(
  notCanonical,
  seq(readable(8, op('i64.sub', state(RSP), c64(8)), true), e => e.code.op('drop'), callHelper('notCanonical')),
);
row('jumpr', seq(setLocal('x', get('a', 64)), canonicalTarget, indirect), faultingEnd);

// ---- calls -------------------------------------------------------------------------------------------------------------------------

const top = state(STATE.callTop, 'i32.load');
const topSlot = load('i64.load', op('i32.sub', top, c32(CALLS.size)));
/** Records the CALL whose return address has just been pushed. Records at or below the new slot belong to frames that were abandoned. */
const recordCall = (returnAddress: Node, target: Node): Node =>
  seq(
    when(op('i64.le_u', topSlot, state(RSP)), callHelper('trimCalls')),
    setLocal('h', top),
    store('i64.store', local('h'), state(RSP)),
    store('i64.store', local('h'), returnAddress, 8),
    store('i64.store', local('h'), target, 16),
    setLocal('h', op('i32.add', local('h'), c32(CALLS.size))),
    setState(STATE.callTop, local('h'), 'i32.store'),
    when(op('i32.eq', local('h'), c32(CALLS.base + CALLS.entries * CALLS.size)), callHelper('spillCalls')),
  );
const pushReturn = (value: Node): Node =>
  seq(
    writeGuest(8, op('i64.sub', state(RSP), c64(8)), host => e => {
      host(e);
      value(e);
      e.code.memory('i64.store');
    }),
    setState(RSP, op('i64.sub', state(RSP), c64(8))),
  );
/** The 64-bit target of a direct call stands in the fields a and b. */
const directTarget: Node = e => {
  e.code.get('pc').memory('i64.load', RECORD.a);
};
/** Pushes imm, goes to the record d. */
row('call', seq(pushReturn(imm), recordCall(imm, directTarget), goTo(taken)), faultingEnd);
/** Pushes imm, goes to the address in a. */
row('callr', seq(setLocal('x', get('a', 64)), canonicalCallee, pushReturn(imm), recordCall(imm, local('x')), indirect), faultingEnd);
/** Pops the return address and imm bytes of arguments. */
row(
  'ret',
  seq(
    setLocal('x', load('i64.load', readable(8, state(RSP)))),
    canonicalTarget,
    when(
      op('i64.eq', topSlot, state(RSP)),
      setState(STATE.callTop, op('i32.sub', top, c32(CALLS.size)), 'i32.store'),
      when(op('i64.lt_u', topSlot, state(RSP)), callHelper('trimCalls')),
    ),
    setState(RSP, op('i64.add', op('i64.add', state(RSP), c64(8)), imm)),
    indirect,
  ),
  faultingEnd,
);
/** After RSP has been loaded with an unrelated value: asks whether that is another stack. */
row(
  'stackswitch',
  when(
    op('i32.or', op('i64.gt_u', state(RSP), state(STATE.callHigh)), op('i64.gt_u', op('i64.sub', topSlot, state(RSP)), c64(1 << 16))),
    callHelper('switchStack'),
  ),
);

// ---- rare instructions -------------------------------------------------------------------------------------------------------------

/** RIP = imm, then out to have instruction number aux of SERVICES done in JavaScript, with the count of retired instructions exact. */
row('service', seq(setState(STATE.rip, imm), setState(STATE.exitVector, aux, 'i32.store'), leave(EXIT.service)), end);
