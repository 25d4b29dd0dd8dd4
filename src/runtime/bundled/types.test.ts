import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { assemble } from '../../asm/assemble.js';

/** Offsets of Go 1.24's runtime on linux/amd64, from the debug information that its compiler writes (`ptype/o` shows the same). */
const OFFSETS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  g: {
    stack: 0x0,
    stackguard0: 0x10,
    stackguard1: 0x18,
    _panic: 0x20,
    _defer: 0x28,
    m: 0x30,
    sched: 0x38,
    syscallsp: 0x70,
    syscallpc: 0x78,
    syscallbp: 0x80,
    stktopsp: 0x88,
    param: 0x90,
    atomicstatus: 0x98,
    stackLock: 0x9c,
    goid: 0xa0,
    schedlink: 0xa8,
    waitsince: 0xb0,
    waitreason: 0xb8,
    preempt: 0xb9,
    preemptStop: 0xba,
    preemptShrink: 0xbb,
    asyncSafePoint: 0xbc,
    paniconfault: 0xbd,
    gcscandone: 0xbe,
    throwsplit: 0xbf,
    activeStackChans: 0xc0,
    parkingOnChan: 0xc1,
    inMarkAssist: 0xc2,
    coroexit: 0xc3,
    raceignore: 0xc4,
    nocgocallback: 0xc5,
    tracking: 0xc6,
    trackingSeq: 0xc7,
    trackingStamp: 0xc8,
    runnableTime: 0xd0,
    lockedm: 0xd8,
    fipsIndicator: 0xe0,
    sig: 0xe4,
    writebuf: 0xe8,
    sigcode0: 0x100,
    sigcode1: 0x108,
    sigpc: 0x110,
    parentGoid: 0x118,
    gopc: 0x120,
    ancestors: 0x128,
    startpc: 0x130,
    racectx: 0x138,
    waiting: 0x140,
    cgoCtxt: 0x148,
    labels: 0x160,
    timer: 0x168,
    sleepWhen: 0x170,
    selectDone: 0x178,
    goroutineProfiled: 0x17c,
    coroarg: 0x180,
    syncGroup: 0x188,
    gcAssistBytes: 0x1b0,
  },
  gobuf: { sp: 0x0, pc: 0x8, g: 0x10, ctxt: 0x18, ret: 0x20, lr: 0x28, bp: 0x30 },
  m: {
    g0: 0x0,
    morebuf: 0x8,
    divmod: 0x40,
    procid: 0x48,
    gsignal: 0x50,
    goSigStack: 0x58,
    sigmask: 0x80,
    tls: 0x88,
    mstartfn: 0xb8,
    curg: 0xc0,
    caughtsig: 0xc8,
    p: 0xd0,
    nextp: 0xd8,
    oldp: 0xe0,
    id: 0xe8,
    mallocing: 0xf0,
    throwing: 0xf4,
    preemptoff: 0xf8,
    locks: 0x108,
    dying: 0x10c,
    profilehz: 0x110,
    spinning: 0x114,
    blocked: 0x115,
  },
  p: {
    id: 0x0,
    status: 0x4,
    link: 0x8,
    schedtick: 0x10,
    syscalltick: 0x14,
    m: 0x30,
    mcache: 0x38,
    raceprocctx: 0x58,
    runqhead: 0x188,
    runqtail: 0x18c,
    runq: 0x190,
    runnext: 0x990,
    gFree: 0x998,
  },
};

/** What is there for the crash only, or to make up for fields that this runtime has not. */
const OWN: Readonly<Record<string, readonly string[]>> = { g: ['otel_trace_context'], gobuf: [], m: [], p: [] };

const { declarations } = assemble({
  sources: [{ file: 'x.s', text: 'TEXT main·main(SB), 4, $0-0\n\tRET\n', package: 'main' }],
  declarations: [{ file: 'types.go', text: readFileSync(join(import.meta.dirname, 'types.go'), 'utf8'), package: 'runtime' }],
});

it.each(Object.keys(OFFSETS))('%s has the names and offsets of Go 1.24', type => {
  const found = [...declarations.constants].filter(([name]) => name.startsWith(`${type}_`) && name !== `${type}__size`);
  const own = OWN[type]!;
  const offsets = Object.fromEntries(found.map(([name, value]) => [name.slice(type.length + 1), Number(value)]));
  expect(Object.fromEntries(Object.entries(offsets).filter(([name]) => name !== '_' && !own.includes(name)))).toEqual(OFFSETS[type]);
});

it('g and gobuf have the size that Go 1.24 gives them', () => {
  expect(Number(declarations.constants.get('gobuf__size'))).toBe(0x38);
  expect(Number(declarations.constants.get('g__size'))).toBe(0x1b8);
});
