import { describe, expect, it } from 'vitest';
import { draw } from './draw.js';
import { initial, type Message, type State, update } from './state.js';
import { NOTHING, type View } from './view/view.js';

const view = (t: string, rax: string): View => ({
  ...NOTHING,
  looking: {},
  title: 'crash',
  place: 'goroutine 1 on g0   thread 1',
  t,
  stop: ['SIGSEGV in f+0', '  mov 0x10(%rdi),%rdx'],
  fault: true,
  code: {
    rows: [
      { kind: 'function', text: 'f  System V' },
      { kind: 'instruction', text: 'mov 0x10(%rdi),%rdx', address: 0x401000n, current: true, breakpoint: true },
      { kind: 'instruction', text: 'ret', address: 0x401004n },
    ],
    anchor: 1,
  },
  registers: [{ name: 'rax', shown: rax, text: '', value: BigInt(rax) }],
  frames: [
    { index: 0, pc: 0x401000n, text: '#0  0x0000000000401000 in f () at /a/b/x.s:3', selected: true },
    {
      index: 1,
      pc: 0x401010n,
      text: '#1  0x0000000000401010 in main.main () at main.go:7',
      selected: false,
      seam: 'stack switch: g0 -> goroutine 1',
    },
  ],
  memory: { rows: [{ address: 0xec98n, registers: ['rsp'], chain: { links: [{ value: 0x401010n }], end: { kind: 'number' } } }] },
  goroutines: [{ id: 1, text: '* 1  x.s:3 f' }],
});
const start = (): State => initial(view('1', '0x1'), 40, 120, ['bt', 'p x']);
const key = (name: string, text = ''): Message => ({ kind: 'key', name, text });
const typed = (state: State, ...messages: Message[]): State => messages.reduce((now, message) => update(now, message).state, state);
const screen = (state: State): string[] => draw(state).map(row => row.map(segment => segment.text).join(''));

describe('update', () => {
  it('turns single keys into the commands one could have typed', () => {
    expect(update(start(), key('', 's')).effect).toEqual({ kind: 'command', line: 'stepi' });
    expect(update(start(), key('', 'q')).effect).toEqual({ kind: 'quit' });
  });

  it('keeps keys that come while a command runs, and runs them in turn', () => {
    const busy = typed(start(), key('', 's'), key('', 's'));
    expect(busy.pending).toEqual(['stepi']);
    const next = update(busy, { kind: 'stopped', view: view('2', '0x2') });
    expect(next.effect).toEqual({ kind: 'command', line: 'stepi' });
    expect(next.state.pending).toEqual([]);
  });

  it('edits, recalls and runs a command line', () => {
    const line = typed(start(), key('', ':'), key('', 'x'), key('backspace'), key('up'), key('up'));
    expect(line.line).toBe('p x');
    const { state, effect } = update(line, key('return'));
    expect(effect).toEqual({ kind: 'command', line: 'p x' });
    expect(state.history).toEqual(['p x', 'bt']);
    expect(state.line).toBeUndefined();
  });
});

describe('draw', () => {
  it('fills exactly the screen, at every size', () => {
    for (const [rows, columns] of [
      [24, 80],
      [40, 120],
      [60, 200],
      [15, 60],
    ] as const) {
      const lines = screen(typed(start(), { kind: 'size', rows, columns }));
      expect(lines).toHaveLength(rows);
      expect(new Set(lines.map(line => [...line].length))).toEqual(new Set([columns]));
    }
  });

  it('says so when the terminal is too small', () => {
    expect(screen(typed(start(), { kind: 'size', rows: 5, columns: 70 }))[0]).toContain('r14 needs 60 x 15 cells');
    expect(screen(typed(start(), { kind: 'size', rows: 0, columns: 0 }))).toHaveLength(1);
  });

  it('marks the current instruction, the breakpoint, the seam and what changed', () => {
    const lines = screen(typed(start(), { kind: 'stopped', view: view('2', '0x2') })).join('\n');
    expect(lines).toContain('●=> 0x401000  mov 0x10(%rdi),%rdx');
    expect(lines).toContain('┄┄┄ stack switch: g0 -> goroutine 1 ┄┄┄');
    expect(lines).toContain('*rax   0x2');
    expect(lines).toContain('►#0  f ()  x.s:3');
  });
});
