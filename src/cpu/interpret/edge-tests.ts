/**
 * What the engine itself looks at in front of an edge, so that an observer is asked only when something is not as it has told before: functions of
 * the interpreter's module, which return 1 when in doubt. They go by the record of calls and by FACTS, and leave the guest's state alone.
 */
import type { EdgeTestName, Node } from '../ir/emit.js';
import { c32, c64, load, op, select, seq, state, store, when } from '../ir/op.js';
import {
  ALL_BIT,
  CALL,
  CALLEE,
  CALLEE_BIT,
  EDGE,
  FACT_CALLERS,
  FACT_OPEN,
  FACT_SAVED,
  FACT_STACKS,
  FACT_THREAD,
  gprSlot,
  NO_FRAME,
  SAVED_REGISTERS,
  UPPER,
  xmmSlot,
} from '../layout.js';
import { hostAddress, probeTlb } from '../wasm/emit.js';
import { finish, isRoot, letBe, type ModuleFunctionBody, slotOf, sumOf, top, v, wordAt } from './words.js';

const doubt = finish(c32(1));
const fine = finish(c32(0));
const doubtWhen = (condition: Node): Node => when(condition, doubt);
const different = (one: Node, other: Node): Node => op('i64.ne', one, other);
const same = (one: Node, other: Node): Node => op('i64.eq', one, other);
const asked = (flag: number): Node => op('i32.and', op('i32.wrap_i64', v('flags')), c32(flag));
const long = (at: Node, offset = 0): Node => load('i64.load', at, offset);

const RDI = 7;
const rsp = state('rsp');
const r14 = state('r14');
const register = (index: number): Node => long(c32(gprSlot(index)));
const returnAddress = long(v('t'), CALL.returnAddress);

/** Place of a key in a table of facts. */
const placeOf = ({ base, entries, bytes }: { base: number; entries: number; bytes: number }, key: Node, fold: bigint): Node =>
  op(
    'i32.add',
    c32(base),
    op(
      'i32.shl',
      op(
        'i32.and',
        op('i32.wrap_i64', op('i64.xor', op('i64.shr_u', key, c64(fold)), op('i64.shr_u', key, c64(fold + 16n)))),
        c32(entries - 1),
      ),
      c32(Math.log2(bytes)),
    ),
  );
/** `t`: the record of the innermost call, whose return address RSP is at. */
const ownCall = seq(letBe('t', top), doubtWhen(different(slotOf(v('t')), rsp)));
/** `f`: what is told of a caller or a callee. */
const findTold = (key: Node): Node =>
  seq(
    letBe('f', op('i32.and', placeOf(FACT_CALLERS, key, 0n), c32(~FACT_CALLERS.bytes))),
    when(
      different(long(v('f')), key),
      seq(letBe('f', op('i32.add', v('f'), c32(FACT_CALLERS.bytes))), doubtWhen(different(long(v('f')), key))),
    ),
  );
const frame = wordAt(v('f'), FACT_CALLERS.frame);
const func = wordAt(v('f'), FACT_CALLERS.func);
const hasFrame = op('i32.ne', frame, c32(NO_FRAME));
const frameBroken = different(state('rbp'), sumOf(rsp, load('i64.load32_s', v('f'), FACT_CALLERS.frame)));
/** `x`: a word of the guest's that can be read without help. */
const peek = (address: Node): Node => seq(doubtWhen(op('i32.eqz', probeTlb(8, address, 0))), letBe('x', long(hostAddress)));
/** `s`: where registers are saved for the call whose return address is at an address. */
const findSaved = (slot: Node): Node => letBe('s', placeOf(FACT_SAVED, slot, 3n));
const savedFor = (bit: bigint): Node =>
  op('i32.and', same(long(v('s')), op('i64.or', rsp, c64(bit))), same(long(v('s'), FACT_SAVED.returnAddress), returnAddress));
const put = (key: Node, returnTo: Node, registers: readonly number[]): Node =>
  seq(
    store('i64.store', v('s'), key),
    store('i64.store', v('s'), returnTo, FACT_SAVED.returnAddress),
    ...registers.map((index, place) => store('i64.store', v('s'), register(index), FACT_SAVED.registers + 8 * place)),
  );
const lost = (count: number): Node =>
  SAVED_REGISTERS.slice(0, count)
    .map((index, place) => different(register(index), long(v('s'), FACT_SAVED.registers + 8 * place)))
    .reduce((one, other) => op('i32.or', one, other));
const forgetSaved = store('i64.store', v('s'), c64(0));
const findOpen = (slot: Node): Node => letBe('o', placeOf(FACT_OPEN, slot, 3n));
const backwards = op('i32.ne', state('df', 'i32.load'), c32(0));
/** R14 is the word of thread-local storage that it must be, and X15 is zero. */
const fixed = seq(
  doubtWhen(op('i64.eqz', r14)),
  doubtWhen(different(state('fsBase'), long(c32(FACT_THREAD.base), FACT_THREAD.fsBase))),
  peek(sumOf(state('fsBase'), long(c32(FACT_THREAD.base), FACT_THREAD.offset))),
  doubtWhen(different(v('x'), r14)),
  doubtWhen(different(op('i64.or', long(c32(xmmSlot(15))), long(c32(xmmSlot(15) + 8))), c64(0))),
);

/** An upper half of a YMM register is not zero. */
const upperInUse = op(
  'v128.any_true',
  Array.from({ length: 16 }, (_, index) => load('v128.load', c32(xmmSlot(index) + UPPER))).reduce((one, other) =>
    op('v128.or', one, other),
  ),
);

const locals = { t: 'i32', f: 'i32', s: 'i32', o: 'i32', ad: 'i64', e: 'i32', x: 'i64' } as const;

export const EDGE_TESTS: Readonly<Record<EdgeTestName, ModuleFunctionBody>> = {
  /** At the entry of Go code. `needed`: offset from R14 of a word that must not be 0; 0: there is none. */
  entersGo: {
    params: { needed: 'i64' },
    results: ['i32'],
    locals,
    body: seq(
      ownCall,
      letBe('s', placeOf(FACT_STACKS, r14, 6n)),
      doubtWhen(different(long(v('s')), r14)),
      doubtWhen(op('i64.ge_u', op('i64.sub', rsp, long(v('s'), FACT_STACKS.low)), long(v('s'), FACT_STACKS.size))),
      fixed,
      doubtWhen(backwards),
      findTold(returnAddress),
      when(hasFrame, doubtWhen(frameBroken)),
      when(different(v('needed'), c64(0)), seq(peek(sumOf(r14, v('needed'))), doubtWhen(op('i64.eqz', v('x'))))),
      c32(0),
    ),
  },

  /** At the entry of assembly, which owes RBP. `flags` of EDGE: whether it opens or closes the call that it is called in. */
  entersAssembly: {
    params: { flags: 'i64' },
    results: ['i32'],
    locals: { ...locals, c: 'i32' },
    body: seq(
      ownCall,
      findTold(returnAddress),
      when(
        op('i32.and', op('i32.ne', asked(EDGE.opens | EDGE.closes), c32(0)), op('i32.ne', func, c32(0))),
        seq(
          letBe('c', wordAt(v('t'), CALL.next)),
          doubtWhen(isRoot(v('c'))),
          findOpen(slotOf(v('c'))),
          when(
            asked(EDGE.opens),
            seq(
              doubtWhen(same(long(v('o')), slotOf(v('c')))),
              store('i64.store', v('o'), slotOf(v('c'))),
              store('i64.store', v('o'), long(v('c'), CALL.returnAddress), FACT_OPEN.returnAddress),
              store('i64.store', v('o'), long(v('c'), CALL.target), FACT_OPEN.target),
              store('i64.store', v('o'), returnAddress, FACT_OPEN.behind),
              store('i32.store', v('o'), func, FACT_OPEN.func),
              store('i64.store', v('o'), r14, FACT_OPEN.owner),
            ),
            when(
              same(long(v('o')), slotOf(v('c'))),
              seq(doubtWhen(op('i32.ne', wordAt(v('o'), FACT_OPEN.func), func)), store('i64.store', v('o'), c64(0))),
            ),
          ),
        ),
      ),
      when(
        op('i32.eqz', hasFrame),
        seq(findSaved(rsp), when(op('i32.eqz', savedFor(ALL_BIT)), put(rsp, returnAddress, SAVED_REGISTERS.slice(0, 1)))),
      ),
      c32(0),
    ),
  },

  /** In front of a CALL that may be of C: saves what its callee must keep. `call`: the return address, and flags of EDGE from bit 48 on. */
  calls: {
    params: { call: 'i64', target: 'i64' },
    results: ['i32'],
    locals: { ...locals, flags: 'i64' },
    body: seq(
      letBe('flags', op('i64.shr_u', v('call'), c64(48))),
      letBe('call', op('i64.and', v('call'), c64((1n << 48n) - 1n))),
      findSaved(op('i64.sub', rsp, c64(8))),
      when(
        asked(EDGE.byTarget),
        seq(
          findTold(op('i64.or', v('target'), c64(CALLEE_BIT))),
          when(op('i32.eqz', op('i32.and', frame, c32(CALLEE.keepsRegisters))), seq(forgetSaved, fine)),
          when(op('i32.and', frame, c32(CALLEE.needsArgument)), doubtWhen(op('i64.eqz', register(RDI)))),
        ),
      ),
      when(asked(EDGE.argument), doubtWhen(op('i64.eqz', register(RDI)))),
      doubtWhen(op('i32.ne', op('i32.and', op('i32.wrap_i64', rsp), select(asked(EDGE.aligned), c32(15), c32(7))), c32(0))),
      doubtWhen(backwards),
      put(op('i64.or', op('i64.sub', rsp, c64(8)), c64(ALL_BIT)), v('call'), SAVED_REGISTERS),
      c32(0),
    ),
  },

  /** In front of a RET: it goes to where its call came from. `flags` of EDGE: what its function owes. */
  returns: {
    params: { flags: 'i64' },
    results: ['i32'],
    locals,
    body: seq(
      ownCall,
      peek(rsp),
      doubtWhen(different(v('x'), returnAddress)),
      when(asked(EDGE.frame), seq(findTold(returnAddress), when(hasFrame, doubtWhen(frameBroken)))),
      when(
        asked(EDGE.saved),
        seq(
          findSaved(rsp),
          when(savedFor(ALL_BIT), seq(doubtWhen(lost(SAVED_REGISTERS.length)), forgetSaved)),
          when(asked(EDGE.frame), when(savedFor(0n), seq(when(op('i32.eqz', hasFrame), doubtWhen(lost(1))), forgetSaved))),
        ),
      ),
      when(asked(EDGE.fixed), fixed),
      when(asked(EDGE.forwards), doubtWhen(backwards)),
      when(asked(EDGE.clean), doubtWhen(upperInUse)),
      when(asked(EDGE.closed), seq(findOpen(rsp), doubtWhen(same(long(v('o')), rsp)))),
      c32(0),
    ),
  },
};
