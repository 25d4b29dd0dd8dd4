/** Expressions at the crash: what gdb and Delve refuse there, or answer wrongly, must come out right. */
import { describe, expect, it } from 'vitest';
import { buildGo, MATRIX, missing, type Toolchain } from '../support/build.js';
import { type Session, session } from '../support/session.js';

/** Expression and answer in the frame of the fault. */
const AT_FAULT: readonly (readonly [expression: string, text: string])[] = [
  ['p RDI', '0'],
  ['p $rdi', '0'],
  ['p rdi', '0'],
  ['p/x $rdi', '0x0'],
  ['p (*runtime.g)(R14).racectx', '0'],
  ['p (*runtime.g)($r14).racectx', '0'],
  ["p (('runtime.g'*)$r14)->racectx", '0'],
  ["p ('runtime.g'*)$r14 == &runtime.g0", 'true'],
  ["p (*'runtime.g')($r14) == &runtime.g0", 'true'],
  ['p &runtime.g0 == (*runtime.g)(R14)', 'true'],
  ['p R14 == &runtime.g0', 'true'],
  ['p (*runtime.g)(R14).m == &runtime.m0', 'true'],
  ['p (*runtime.g)($r14).m.curg.racectx != 0', 'true'],
  ['p (*runtime.g)($r14).m.curg.goid', '1'],
  ['p runtime.curg.goid', '1'],
  ['p RIP == __tsan_func_enter', 'true'],
  ['p RAX == RIP && RSI == R11', 'true'],
  ['p *(*uintptr)($r14) == runtime.g0.stack.lo', 'true'],
  ['p *(long*)($r14+8)==0', 'false'],
  ['p XMM15.uint64', '[2]uint64 [0,0]'],
  ['p XMM15.float64', '[2]float64 [0,0]'],
  ['p RDI.uint8', '[8]uint8 [0,0,0,0,0,0,0,0]'],
  ['p $xmm15.v2_int64', '[2]int64 [0,0]'],
  ['whatis runtime.g', 'runtime.g'],
  ["whatis 'runtime.g'", 'runtime.g'],
  ['whatis (*runtime.g)(R14)', '*runtime.g'],
  ["whatis *('runtime.g'*)$r14", 'runtime.g'],
];

const frameOf = (crash: Session, name: string): number => {
  const frames = crash.data<readonly { index: number; function: string }[]>('bt');
  return frames.find(frame => frame.function === name)!.index;
};

const releases: readonly Toolchain[] = MATRIX;

describe.each(releases.map(name => ({ name, why: missing(name, 'gcc') })))('expressions at the crash, $name', ({ name, why }) => {
  const note = why === undefined ? '' : ` (skipped: ${why})`;
  const binary = (): string => buildGo('crash', { toolchain: name, race: true });
  const outputs = (commands: readonly string[]): Record<string, string> => {
    const { answers } = session(binary(), commands);
    return Object.fromEntries(answers.map(({ command, output }) => [command, output]));
  };

  it.skipIf(why)(`answers in a frame without debug information${note}`, () => {
    const have = outputs(['c', ...AT_FAULT.map(([command]) => command)]);
    expect(AT_FAULT.map(([command]) => [command, have[command]])).toEqual(AT_FAULT.map(row => [...row]));
  });

  it.skipIf(why)(`shows the whole g, and its racectx${note}`, () => {
    const text = outputs(['c', 'p *(*runtime.g)(R14)'])['p *(*runtime.g)(R14)']!;
    expect(text).toMatch(/^runtime\.g \{stack: runtime\.stack \{lo: \d+, hi: \d+\}, .*, racectx: 0, /);
    expect(text).not.toContain('0xbeef');
    expect(text).not.toContain('\n');
  });

  it.skipIf(why)(`knows g in every frame, and says what is lost${note}`, () => {
    const crash = session(binary(), ['c', 'bt']);
    const [onG0, onGoroutine] = [frameOf(crash, 'crash/trace.(*traceContext).TakeSnapShot'), frameOf(crash, 'main.main')];
    const have = outputs([
      'c',
      `frame ${onG0} p (*runtime.g)(R14).racectx`,
      `frame ${onG0} p RAX`,
      `frame ${onG0} p tc != nil`,
      `frame ${onGoroutine} p (*runtime.g)($r14).goid`,
    ]);
    expect(have[`frame ${onG0} p (*runtime.g)(R14).racectx`]).toMatch(/(^|\n)0$/);
    expect(have[`frame ${onG0} p RAX`]).toMatch(/(^|\n)<clobbered>$/);
    expect(have[`frame ${onG0} p tc != nil`]).toMatch(/(^|\n)true$/);
    expect(have[`frame ${onGoroutine} p (*runtime.g)($r14).goid`]).toMatch(/(^|\n)1$/);
  });

  it.skipIf(why)(`takes a condition in C's spelling before the program runs${note}`, () => {
    const offset = name === 'go1.19' ? '0x140' : '0x138';
    const { answers } = session(binary(), [
      `break runtime.racefuncenter if *(long*)($r14+${offset})==0`,
      'c',
      'p (*runtime.g)(R14).racectx',
    ]);
    expect(answers.map(answer => answer.ok)).toEqual([true, true, true]);
    expect(answers[2]!.output).toBe('0');
  });

  it.skipIf(why)(`says that there is no goroutine before the first${note}`, () => {
    const { answers } = session(binary(), ['p runtime.curg', 'p runtime.g0.goid', 'p RIP != 0']);
    expect(answers.map(answer => answer.ok)).toEqual([false, true, true]);
    expect(answers[0]!.output).toContain('no goroutine runs on this thread');
    expect(answers[1]!.output).toBe('0');
  });

  it.skipIf(why)(`sets registers and variables${note}`, () => {
    const have = outputs([
      'c',
      'set RDI = 1',
      'p RDI',
      'set (*runtime.g)(R14).racectx = 5',
      'p runtime.g0.racectx',
      'set *(*uint64)(&runtime.g0) = 2',
      'p runtime.g0.stack.lo',
    ]);
    expect([have['p RDI'], have['p runtime.g0.racectx'], have['p runtime.g0.stack.lo']]).toEqual(['1', '5', '2']);
  });
});
