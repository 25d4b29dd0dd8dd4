/** Jumps, calls and the other ends of a block, with the record of unreturned calls that the stack walker reads. */
import { CLOCK_TICKS } from '../api.js';
import { CALL, FLAG, GRANULES } from '../layout.js';
import { type BranchWay, type EdgeTestName, type Node, WIDTHS } from './emit.js';
import { AGAINST_ZERO, COMPARE, CONDITIONS, conditionOf, FROM_BITS, flagBits, flagsOf, flagsOfLogic } from './flags.js';
import {
  aux,
  c32,
  c64,
  cut,
  get,
  getSigned,
  help,
  imm,
  keepCalls,
  leave,
  load,
  local,
  nothing,
  op,
  probe,
  type RowTraits,
  readGuest,
  row,
  SIGNED_LOADS,
  select,
  seq,
  set,
  setLocal,
  setState,
  state,
  store,
  when,
  writeGuest,
} from './op.js';

const end = { flow: 'end' } as const;
const faultingEnd = { flow: 'end', faults: true } as const;

const goTo =
  (way: BranchWay, hot = false): Node =>
  e =>
    e.goTo(way, hot);

// ---- leaving -----------------------------------------------------------------------------------------------------------------------

/** RIP = imm, then out: the block there has no translation yet. d is the address of the record field to patch. */
row('link', seq(setState('rip', imm), leave('link')), end);
/** Stands in front of a block whose code has changed: looks the address up anew. */
row('stale', seq(setState('rip', imm), leave('lookup')), end);
row('breakpoint', seq(setState('rip', imm), leave('breakpoint')), end);
row(
  'syscall',
  seq(
    setState('rcx', imm),
    setState('r11', op('i64.or', op('i64.extend_i32_u', flagBits), op('i64.or', state('df'), state('flagsRest')))),
    setState('rip', imm),
    leave('syscall'),
  ),
  { flow: 'end', readsFlags: true },
);
/** An exception by its number in VECTORS (aux): RIP = imm. */
row('raise', seq(setState('rip', imm), setState('exitVector', aux, 'i32.store'), leave('fault')), end);
/** In front of an instruction at the edge of a call or a stack: asks the observer of site number aux. */
row('edge', seq(setState('helperOp', aux, 'i32.store'), help('edge')), { faults: true });
/** The same of those who need not be asked when what they have told holds; imm: what the test is of. */
const askInDoubt = (name: EdgeTestName, ...values: Node[]): void =>
  row(
    `edge_${name}`,
    when(e => e.doubts(name, values), seq(setState('helperOp', aux, 'i32.store'), help('edge'))),
    { faults: true },
  );
askInDoubt('entersGo', imm);
askInDoubt('entersAssembly', imm);
/** a: the target, if it is in a register. */
askInDoubt('calls', imm, get('a', 64));
askInDoubt('returns', imm);
/** Stands in front of a block that is part of a compiled region, in place of its first op. */
row('region', e => e.enterRegion(), end);
row('unsupported', seq(setState('rip', imm), leave('unsupported')), end);

// ---- jumps -------------------------------------------------------------------------------------------------------------------------

row('jump', goTo('taken'), end);

/** `hot`: loops end so. */
const branch = (name: string, before: Node, condition: Node, traits: RowTraits = {}, hot = false): void => {
  row(name, seq(before, when(condition, goTo('taken', hot)), goTo('otherwise')), { flow: 'end', ...traits });
};
for (const condition of CONDITIONS) branch(`j_${condition}`, nothing, conditionOf(condition), { readsFlags: true });
for (const [condition, node] of Object.entries(FROM_BITS)) branch(`jbits_${condition}`, nothing, node, { readsFlags: true });
for (const w of WIDTHS) {
  for (const [condition, compare] of Object.entries(COMPARE)) {
    const signed = op(compare.operator, getSigned('a', w), getSigned('b', w));
    const unsigned = op(compare.operator, get('a', w), get('b', w));
    // On the operands alone, and the pair CMP + Jcc in one.
    branch(`jsub${w}_${condition}`, nothing, compare.signed ? signed : unsigned, { readsFlags: true });
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
      { setsFlags: {}, ...(w === 64 && { withStep: `stepj64_${condition}` }) },
      w >= 32,
    );
    // The end of a counting loop: ADD of imm to a, CMP with b, Jcc.
    if (w === 64)
      branch(`stepj64_${condition}`, seq(set('a', 64, op('i64.add', get('a', 64), imm)), compute), signed, { setsFlags: {} }, true);
  }
  for (const [condition, operator] of Object.entries(AGAINST_ZERO)) {
    // a is ccR, or ccS after INC and DEC.
    branch(`jres${w}_${condition}`, nothing, op(operator, getSigned('a', w), c64(0)), { readsFlags: true });
    const compute = seq(setLocal('r', op('i64.and', get('a', w), get('b', w))), flagsOfLogic(w, local('r')));
    branch(`testj${w}_${condition}`, compute, op(operator, state('ccR', SIGNED_LOADS[w]), c64(0)), { setsFlags: {} }, w >= 32);
  }
}
/** JRCXZ, JECXZ and LOOP: a is RCX as wide as the address size says; LOOP has been decremented before. */
branch('jzero', nothing, op('i64.eqz', get('a', 64)));
branch('jnonzero', nothing, op('i64.ne', get('a', 64), c64(0)));
for (const condition of ['e', 'ne'] as const) {
  branch(`jnonzero_${condition}`, nothing, op('i32.and', op('i64.ne', get('a', 64), c64(0)), conditionOf(condition)), {
    readsFlags: true,
  });
}

/** RIP = the local `x`, and on to the block there. */
const indirect: Node = e => e.jump(local('x'));
const notCanonical: Node = op('i64.ne', op('i64.shr_u', op('i64.add', local('x'), c64(1n << 47n)), c64(48)), c64(0));
/** A target that is not canonical is the jump's own fault: nothing has changed yet. */
const refuseTarget: Node = seq(setState('exitAddress', local('x')), help('notCanonical'));
const canonicalTarget: Node = when(notCanonical, refuseTarget);
/** As `canonicalTarget`, behind the fault that the push of a return address would be. */
const canonicalCallee: Node = when(notCanonical, seq(probe(8, op('i64.sub', state('rsp'), c64(8))), refuseTarget));
row('jumpr', seq(setLocal('x', get('a', 64)), canonicalTarget, indirect), { ...faultingEnd, edge: 'jump' });
/** To the address in a behind an instruction that may have set TF: with it each instruction runs by itself. */
row(
  'jumptraced',
  seq(
    setLocal('x', get('a', 64)),
    when(
      op('i64.ne', op('i64.and', state('flagsRest'), c64(FLAG.tf)), c64(0)),
      seq(setState('rip', local('x')), leave('lookup')),
      indirect,
    ),
  ),
  end,
);

// ---- calls -------------------------------------------------------------------------------------------------------------------------

const top = state('callTop', 'i32.load');
/** The innermost record in `e`, and its slot in `z`. */
const innermost = seq(setLocal('e', top), setLocal('z', load('i64.load', local('e'), CALL.slot)));
/** How far above an address its granule ends, less 1. */
const restOfGranule = (address: Node): Node => op('i64.and', op('i64.xor', address, c64(-1)), c64((1 << GRANULES.bits) - 1));
/** Whether `z` lies above the address in the same granule: then that address is on the same stack, and noted so. With `besides`, an i32, 0: it does not. */
const above = (address: Node, besides?: Node): Node => {
  const rest = restOfGranule(address);
  return op(
    'i64.lt_u',
    op('i64.sub', op('i64.sub', local('z'), address), c64(1)),
    besides === undefined ? rest : select(besides, rest, c64(0)),
  );
};
/** Records the CALL whose return address has just been pushed. */
const recordCall = (returnAddress: Node, target: Node): Node =>
  seq(
    innermost,
    setLocal('h', state('callFree', 'i32.load')),
    when(
      op('i32.eqz', above(state('rsp'), local('h'))),
      seq(keepCalls('makeRoom', state('rsp')), setLocal('e', top), setLocal('h', state('callFree', 'i32.load'))),
    ),
    setState('callFree', load('i32.load', local('h'), CALL.next), 'i32.store'),
    store('i64.store', local('h'), state('rsp'), CALL.slot),
    store('i64.store', local('h'), returnAddress, CALL.returnAddress),
    store('i64.store', local('h'), target, CALL.target),
    store('i32.store', local('h'), local('e'), CALL.next),
    setState('callTop', local('h'), 'i32.store'),
  );
/** Takes the record of the call that a RET at RSP ends off the chain, and puts it in front of the free ones. */
const recordReturn = seq(
  innermost,
  when(op('i64.lt_s', local('z'), state('rsp')), seq(keepCalls('abandon', state('rsp')), innermost)),
  when(
    op('i64.eq', local('z'), state('rsp')),
    seq(
      setState('callTop', load('i32.load', local('e'), CALL.next), 'i32.store'),
      store('i32.store', local('e'), state('callFree', 'i32.load'), CALL.next),
      setState('callFree', local('e'), 'i32.store'),
    ),
  ),
);
const pushed = op('i64.sub', state('rsp'), c64(8));
const pushReturn = (value: Node): Node => seq(writeGuest('i64.store', pushed, value), setState('rsp', pushed));
/** Pushes imm, and on to the callee. */
row(
  'call',
  seq(
    pushReturn(imm),
    recordCall(imm, e => e.callee()),
    goTo('taken'),
  ),
  { ...faultingEnd, edge: 'call' },
);
/** Pushes imm, goes to the address in a. */
row('callr', seq(setLocal('x', get('a', 64)), canonicalCallee, pushReturn(imm), recordCall(imm, local('x')), indirect), {
  ...faultingEnd,
  edge: 'call',
});
/** Pops the return address and imm bytes of arguments. */
row(
  'ret',
  seq(
    setLocal('x', readGuest('i64.load', state('rsp'))),
    canonicalTarget,
    recordReturn,
    setState('rsp', op('i64.add', op('i64.add', state('rsp'), c64(8)), imm)),
    indirect,
  ),
  { ...faultingEnd, edge: 'return' },
);
/** RSP = a, an unrelated value: asks whether that is another stack. */
row(
  'stackswitch',
  seq(
    setLocal('x', get('a', 64)),
    innermost,
    when(
      op('i32.eqz', op('i32.or', op('i64.eq', local('z'), local('x')), above(local('x')))),
      keepCalls('switchStack', state('rsp'), local('x')),
    ),
    setState('rsp', local('x')),
  ),
  { edge: 'stack' },
);

// ---- time --------------------------------------------------------------------------------------------------------------------------

/** PAUSE: every PAUSES times the guest is left in front of it. */
row(
  'pause',
  seq(
    when(op('i32.eqz', state('pauses', 'i32.load')), help('pause')),
    setState('pauses', op('i32.sub', state('pauses', 'i32.load'), c32(1)), 'i32.store'),
  ),
  { faults: true },
);
/** The time stamp counter; aux is the number of instructions behind this one in its block. */
const counter: Node = op(
  'i64.add',
  state('clockNs'),
  op(
    'i64.div_u',
    op(
      'i64.sub',
      state('clockTicks'),
      op(
        'i64.mul',
        op('i64.add', e => e.left(), op('i64.extend_i32_u', aux)),
        state('clockPace', 'i64.load32_u'),
      ),
    ),
    c64(CLOCK_TICKS),
  ),
);
/** RDX:RAX = the counter. */
const readCounter = seq(
  setLocal('x', counter),
  setState('rax', op('i64.and', local('x'), c64(0xffff_ffff))),
  setState('rdx', op('i64.shr_u', local('x'), c64(32))),
);
row('rdtsc', readCounter);
row('rdtscp', seq(readCounter, setState('rcx', state('clockCpu', 'i64.load32_u'))));

// ---- rare instructions -------------------------------------------------------------------------------------------------------------

/** RIP = imm, then out to have instruction number aux of SERVICES done in JavaScript, with the count of retired instructions exact. */
row('service', seq(setState('rip', imm), setState('exitVector', aux, 'i32.store'), leave('service')), end);
