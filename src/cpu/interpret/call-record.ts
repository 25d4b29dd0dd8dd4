/**
 * The record of unreturned calls, as the engine keeps it: functions of the interpreter's module, which it exports for other tiers. They leave
 * the guest's state alone, and what they are told of it are their parameters.
 *
 * Each stack has a chain of records, innermost first, which ends at the stack's own record, its root. STATE.callTop is the innermost call of
 * the stack in use and STATE.callStack its root; nothing is moved or copied when stacks change. A CALL takes a record from the free list and
 * puts it in front; a RET that finds the record of its slot there puts it back: both are written out in the rows of `ir/control.ts`, and only
 * what is not so simple comes here. Which stack an address lies on is told by GRANULES, a hash table of the stacks that have made calls in
 * each 2 KiB of the address space.
 *
 * A root's slot has the highest bit set: no slot of a RET equals it, no RSP has passed it, and compared as a signed number it is below all.
 */
import type { CallFunctionName, Node } from '../ir/emit.js';
import { c32, c64, load, op, seq, state, store, when } from '../ir/op.js';
import { CALL, CALLS, FRESH_REACH, GRANULES, ROOT, ROOT_BIT, SIGNAL_REACH, STACK_REACH } from '../layout.js';
import {
  again,
  allOf,
  anyOf,
  below,
  codeOf,
  finish,
  invoke,
  isRoot,
  letBe,
  loop,
  type ModuleFunctionBody,
  sameWords,
  setPointer,
  slotOf,
  statePointer,
  sumOf,
  top,
  upTo,
  v,
  wordAt,
} from './words.js';

/** A record's slot; of a root, where its stack ends. */
const place = (record: Node): Node => op('i64.and', slotOf(record), c64(ROOT_BIT - 1n));
const stack = statePointer('callStack');
/** Where the stack in use ends. */
const end = place(stack);
/** Slot of the innermost call of a stack; of one without calls, where it ends. */
const innermost = (root: Node): Node => place(wordAt(root, ROOT.top));
/** Whether an address is not too far below the innermost call of a stack to be on it, and whether it is not beyond its end besides. */
const reaches = (root: Node, address: Node): Node => upTo(innermost(root), sumOf(address, c64(STACK_REACH)));
const covers = (root: Node, address: Node): Node => allOf(upTo(address, place(root)), reaches(root, address));
/** Where RSP was when a stack was left. */
const leftAt = (root: Node): Node => op('i64.sub', place(root), load('i64.load32_u', root, ROOT.depth));
/** Whether an address is another or, as behind code that has aligned RSP, up to 15 bytes above it. */
const isJustAbove = (address: Node, other: Node): Node => below(op('i64.sub', address, other), c64(16));
/** Of the code that is about to leave its stack: its innermost call, or what is noted at a stack without calls. */
const leftNow: Node = e => {
  isRoot(top)(e);
  codeOf(e).if('i64');
  load('i64.load', stack, ROOT.left)(e);
  e.code.else();
  slotOf(top)(e);
  e.code.end();
};
const granuleOf = (address: Node): Node => op('i32.wrap_i64', op('i64.shr_u', address, c64(GRANULES.bits)));
/** Offset in the table of the first place where a granule may stand. */
const hashed = (granule: Node): Node =>
  op('i32.shl', op('i32.shr_u', op('i32.mul', granule, c32(0x9e37_79b1 | 0)), c32(32 - Math.log2(GRANULES.entries))), c32(3));
/** Visits the stacks noted at a granule, with `i` the place and `r` the stack's root; ends with `i` at a free place. */
const eachNoted = (granule: Node, visit: Node): Node =>
  seq(
    letBe('i', hashed(granule)),
    loop(
      'places',
      seq(
        letBe('r', wordAt(v('i'), GRANULES.base + 4)),
        when(
          v('r'),
          seq(
            when(sameWords(wordAt(v('i'), GRANULES.base), granule), visit),
            letBe('i', op('i32.and', op('i32.add', v('i'), c32(8)), c32(GRANULES.entries * 8 - 1))),
            again('places'),
          ),
        ),
      ),
    ),
  );

/** Notes at the root of the stack in use what the state has of it. */
const note = seq(
  setPointer('callClock', op('i32.add', statePointer('callClock'), c32(1))),
  store('i32.store', stack, statePointer('callClock'), ROOT.used),
  store('i32.store', stack, top, ROOT.top),
);
/** Notes where RSP was when the stack in use was left, as its distance from the stack's end. */
const noteLeft = (sp: Node): Node =>
  store('i32.store', stack, op('i32.wrap_i64', op('select', op('i64.sub', end, sp), c64(0), upTo(sp, end))), ROOT.depth);
const take = (root: Node): Node => seq(setPointer('callStack', root), setPointer('callTop', wordAt(root, ROOT.top)));
const beginStack = (sp: Node, left: Node): Node => invoke('newStack', sp, left);

// ---- the functions -----------------------------------------------------------------------------------------------------------------

const none = { params: {}, results: [], locals: {} } as const;
const onStack = { params: { sp: 'i64' }, results: [], locals: {} } as const;

/** By name, in an order in which none calls one behind it. */
export const CALL_FUNCTIONS: Readonly<Record<CallFunctionName, ModuleFunctionBody>> = {
  /** Sees to it that there is a free record. */
  provide: {
    ...none,
    body: when(
      op('i32.eqz', statePointer('callFree')),
      seq(
        when(sameWords(statePointer('callUnused'), c32(CALLS.base + CALLS.entries * CALLS.size)), invoke('spillCalls')),
        when(
          op('i32.eqz', statePointer('callFree')),
          seq(
            setPointer('callFree', statePointer('callUnused')),
            store('i32.store', statePointer('callFree'), c32(0), CALL.next),
            setPointer('callUnused', op('i32.add', statePointer('callUnused'), c32(CALLS.size))),
          ),
        ),
      ),
    ),
  },

  /** Drops the records of the stack in use whose slots lie below an address. */
  trim: {
    ...onStack,
    locals: { r: 'i32' },
    body: loop(
      'records',
      seq(
        letBe('r', top),
        when(
          below(slotOf(v('r')), v('sp')),
          seq(
            setPointer('callTop', wordAt(v('r'), CALL.next)),
            store('i32.store', v('r'), statePointer('callFree'), CALL.next),
            setPointer('callFree', v('r')),
            again('records'),
          ),
        ),
      ),
    ),
  },

  /** Notes that the stack in use has calls at an address. What is noted there of stacks that it overlaps is of the memory's former use. */
  noteGranule: {
    ...onStack,
    locals: { i: 'i32', r: 'i32', g: 'i32' },
    body: seq(
      when(op('i32.ge_u', statePointer('callNotes'), c32(GRANULES.most)), invoke('spillCalls')),
      letBe('g', granuleOf(v('sp'))),
      eachNoted(
        v('g'),
        seq(
          when(sameWords(v('r'), stack), finish()),
          when(allOf(upTo(v('sp'), place(v('r'))), upTo(innermost(v('r')), end)), store('i64.store', v('r'), c64(ROOT_BIT), CALL.slot)),
        ),
      ),
      store('i32.store', v('i'), v('g'), GRANULES.base),
      store('i32.store', v('i'), stack, GRANULES.base + 4),
      setPointer('callNotes', op('i32.add', statePointer('callNotes'), c32(1))),
    ),
  },

  /** Begins a stack that ends at an address, and uses it. */
  newStack: {
    params: { sp: 'i64', left: 'i64' },
    results: [],
    locals: { r: 'i32' },
    body: seq(
      invoke('provide'),
      letBe('r', statePointer('callFree')),
      setPointer('callFree', wordAt(v('r'), CALL.next)),
      store('i64.store', v('r'), op('i64.or', v('sp'), c64(ROOT_BIT)), CALL.slot),
      store('i64.store', v('r'), v('left'), ROOT.left),
      store('i32.store', v('r'), c32(0), ROOT.depth),
      store('i32.store', v('r'), statePointer('callStacks'), CALL.next),
      store('i32.store', v('r'), v('r'), ROOT.top),
      setPointer('callStacks', v('r')),
      take(v('r')),
      note,
      invoke('noteGranule', v('sp')),
    ),
  },

  /**
   * Root of the stack that an address lies on; 0: none is known. One that is not in use is only gone on with where it was left or above, or as
   * much below as `slack` says. Of several, the one that ends first is the right one, or, where they overlap, the one used last: the other's
   * memory has been put to new use.
   */
  findStack: {
    params: { sp: 'i64', slack: 'i64' },
    results: ['i32'],
    locals: { g: 'i32', i: 'i32', r: 'i32', n: 'i32', best: 'i32' },
    body: seq(
      letBe('g', granuleOf(v('sp'))),
      letBe('n', c32(Number(STACK_REACH >> BigInt(GRANULES.bits)) + 1)),
      loop(
        'granules',
        seq(
          eachNoted(
            v('g'),
            when(
              allOf(covers(v('r'), v('sp')), anyOf(sameWords(v('r'), stack), upTo(leftAt(v('r')), sumOf(v('sp'), v('slack'))))),
              when(
                op('i32.eqz', v('best')),
                letBe('best', v('r')),
                when(
                  allOf(upTo(innermost(v('r')), place(v('best'))), upTo(innermost(v('best')), place(v('r')))),
                  when(op('i32.gt_u', wordAt(v('r'), ROOT.used), wordAt(v('best'), ROOT.used)), letBe('best', v('r'))),
                  when(below(place(v('r')), place(v('best'))), letBe('best', v('r'))),
                ),
              ),
            ),
          ),
          when(v('best'), finish(v('best'))),
          letBe('g', op('i32.add', v('g'), c32(1))),
          letBe('n', op('i32.sub', v('n'), c32(1))),
          when(v('n'), again('granules')),
        ),
      ),
      c32(0),
    ),
  },

  /** Goes on with a stack at an address. */
  resume: {
    params: { r: 'i32', sp: 'i64', left: 'i64' },
    results: [],
    locals: {},
    body: seq(
      take(v('r')),
      when(below(slotOf(top), v('sp')), invoke('trim', v('sp'))),
      when(isRoot(top), store('i64.store', v('r'), v('left'), ROOT.left)),
    ),
  },

  /** Goes over to the stack of an address, from one that has no calls above it. */
  goElsewhere: {
    ...onStack,
    locals: { r: 'i32', left: 'i64' },
    body: seq(
      note,
      letBe('left', leftNow),
      letBe('r', invoke('findStack', v('sp'), c64(FRESH_REACH))),
      when(
        v('r'),
        invoke('resume', v('r'), v('sp'), v('left')),
        when(
          upTo(op('i64.sub', v('sp'), end), c64(STACK_REACH)),
          // Frames that no record is of have returned: the stack reaches further up than was known.
          seq(
            invoke('trim', v('sp')),
            store('i64.store', stack, op('i64.or', v('sp'), c64(ROOT_BIT)), CALL.slot),
            invoke('noteGranule', v('sp')),
          ),
          beginStack(v('sp'), v('left')),
        ),
      ),
    ),
  },

  /** Makes all ready for the record of a CALL that has pushed its return address at RSP: a free record, and `callTop` above RSP. */
  makeRoom: {
    ...onStack,
    body: seq(
      invoke('provide'),
      when(
        anyOf(upTo(slotOf(top), v('sp')), isRoot(top)),
        seq(when(below(end, v('sp')), invoke('goElsewhere', v('sp'))), invoke('trim', sumOf(v('sp'), c64(1)))),
      ),
      invoke('noteGranule', v('sp')),
      invoke('provide'),
    ),
  },

  /** Before a RET at RSP, when the innermost call's slot lies below it, or there is none: drops what has been abandoned. */
  abandon: {
    ...onStack,
    body: when(below(end, v('sp')), invoke('goElsewhere', v('sp')), invoke('trim', v('sp'))),
  },

  /** RSP goes from `old` to `sp`, which may be on another stack. */
  switchStack: {
    params: { old: 'i64', sp: 'i64' },
    results: [],
    locals: { r: 'i32' },
    body: seq(
      // RSP is aligned.
      when(isJustAbove(v('old'), v('sp')), finish()),
      note,
      noteLeft(v('old')),
      letBe('r', statePointer('callLeft')),
      // Two switches go with each access that the race detector looks at: to g0's stack, and back to where this one was left.
      when(
        op('i32.eqz', allOf(isJustAbove(v('sp'), leftAt(v('r'))), reaches(v('r'), v('sp')), op('i32.eqz', covers(stack, v('sp'))))),
        letBe('r', invoke('findStack', v('sp'), c64(FRESH_REACH))),
      ),
      when(op('i32.ne', v('r'), stack), setPointer('callLeft', stack)),
      when(
        op('i32.eqz', v('r')),
        beginStack(v('sp'), leftNow),
        when(sameWords(v('r'), stack), invoke('trim', v('sp')), invoke('resume', v('r'), v('sp'), leftNow)),
      ),
    ),
  },

  /** It is another thread's turn, or a signal's: no instruction has gone from where RSP was to where it is. */
  takeTurn: {
    params: {},
    results: [],
    locals: { sp: 'i64', r: 'i32' },
    body: seq(
      note,
      noteLeft(state('callSp')),
      letBe('sp', state('rsp')),
      letBe('r', invoke('findStack', v('sp'), c64(SIGNAL_REACH))),
      when(
        v('r'),
        when(op('i32.ne', v('r'), stack), take(v('r'))),
        when(
          allOf(isRoot(top), upTo(op('i64.sub', v('sp'), end), c64(SIGNAL_REACH))),
          seq(store('i64.store', stack, op('i64.or', v('sp'), c64(ROOT_BIT)), CALL.slot), invoke('noteGranule', v('sp'))),
          beginStack(v('sp'), c64(0)),
        ),
      ),
    ),
  },

  /** Root of the stack of an address, for who looks: of one that was left further up, if there is no better. */
  stackAt: {
    params: { sp: 'i64' },
    results: ['i32'],
    locals: { r: 'i32' },
    body: seq(
      store('i32.store', stack, op('i32.add', statePointer('callClock'), c32(1)), ROOT.used),
      store('i32.store', stack, top, ROOT.top),
      letBe('r', invoke('findStack', v('sp'), c64(FRESH_REACH))),
      when(v('r'), finish(v('r'))),
      invoke('findStack', v('sp'), c64(STACK_REACH)),
    ),
  },
};
