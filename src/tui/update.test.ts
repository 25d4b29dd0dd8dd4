import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fed, keys, screen, start, view } from '../../test/support/screen-state.js';
import type { LessonView } from '../debugger/lesson/walk.js';
import { draw } from './draw.js';
import type { Input } from './input.js';
import { layout, linesOf, tooSmall } from './layout.js';
import type { Effect, Message, State } from './state.js';
import { update } from './update.js';
import widthOf from './width.js';

/** The effect of the last of these. */
function effect(state: State, ...messages: Message[]): Effect | undefined {
  return update(fed(state, ...messages.slice(0, -1)), messages.at(-1)!).effect;
}

/** A click on the row of a pane that holds a text, so many cells from its left edge. */
function click(state: State, pane: string, text: string, column = 10): Input {
  const place = layout(state).find(each => each.pane.name === pane)!;
  const at = linesOf(state, place).findIndex(line => 'item' in line && line.item.row.some(segment => segment.text.includes(text)));
  expect(at).toBeGreaterThanOrEqual(0);
  return { kind: 'click', row: place.row + 1 + at, column: place.column + column };
}

const command = (line: string): Effect => ({ kind: 'command', line });
const stopped: Message = { kind: 'stopped', view: view('2', '0x2') };

describe('what is kept', () => {
  it('is bounded, of many lines and of long ones', () => {
    const many = fed(start(), { kind: 'written', text: 'x\n'.repeat(20_000) });
    expect(many.output.length).toBeLessThanOrEqual(5000);
    let long = start();
    for (let i = 0; i < 200; i++) long = fed(long, { kind: 'written', text: `${i % 10}`.repeat(1 << 16) });
    expect(long.output.join('').length).toBeLessThanOrEqual(1 << 22);
    expect(long.output.at(-1)).toBe('9'.repeat(1 << 16));
    expect(long.output.at(-2)).toBe('8'.repeat(1 << 16));
    // What follows goes on in the line that is begun.
    expect(fed(start(), { kind: 'written', text: 'one ' }, { kind: 'written', text: 'line\nand' }).output).toEqual(['one line', 'and']);
  });
});

describe('single keys', () => {
  it('r opens the report of a race that the program has printed', () => {
    const quiet = fed(start(), { kind: 'written', text: 'hello\n' });
    expect(effect(quiet, ...keys('r'))).toBeUndefined();
    const reported = fed(start(), { kind: 'written', text: '==================\nWARNING: DATA RACE\nRead at' });
    expect(effect(reported, ...keys('r'))).toEqual(command('race why'));
    expect(fed(reported, ...keys('r')).focus).toBe('race');
    expect(screen(reported).join('\n')).toContain('r tells of the race');
  });

  it('are the commands one could have typed', () => {
    expect(effect(start(), ...keys('s'))).toEqual(command('stepi'));
    expect(effect(start(), ...keys('v'))).toEqual(command('config disassemble-flavor gnu'));
    expect(effect(start(), ...keys('ctrl-l'))).toEqual({ kind: 'repaint' });
    expect(effect(start(), ...keys('q'))).toEqual({ kind: 'quit' });
  });

  it('wait while another command runs, and run in turn', () => {
    const busy = fed(start(), ...keys('s', 's'));
    expect(busy.pending).toEqual([{ kind: 'run', line: 'stepi' }]);
    const next = update(busy, stopped);
    expect(next.effect).toEqual(command('stepi'));
    expect(next.state.pending).toEqual([]);
  });

  it('of what is shown wait too, as what is shown is now', () => {
    const busy = fed(start(), ...keys('s', '5', 'h', '2', 'v'));
    expect(busy.running).toBe('stepi');
    expect(busy.pending).toEqual([
      { kind: 'run', line: 'config hidden-panes "memory"' },
      { kind: 'run', line: 'config disassemble-flavor gnu' },
    ]);
  });

  it('begin a line at once, so that what follows is typed into it', () => {
    for (const [key, asking] of [
      ['g', 'place'],
      ['W', 'watch'],
      [':', 'command'],
    ] as const) {
      const busy = fed(start(), ...keys('s', key, 'm', 'c'));
      expect([busy.asking, busy.line?.text, busy.pending]).toEqual([asking, 'mc', []]);
    }
    const place = fed(start(), ...keys('s', 'g', 'm', 'enter'));
    expect([place.line?.text, place.notice]).toEqual(['m', 'the program runs: enter again when it stands']);
    expect(fed(start(), ...keys('s', 'W', 'x', 'enter')).pending).toEqual([{ kind: 'run', line: 'display x' }]);
    expect(fed(start(), ...keys('s', 'enter')).notice).toMatch(/^enter has no turn to wait for/);
  });

  it('do nothing where nothing is shown, but leave', () => {
    const small: State = { ...start(), rows: 10 };
    expect(effect(small, ...keys('s'))).toBeUndefined();
    expect(effect(small, ...keys('q'))).toEqual({ kind: 'quit' });
  });

  it('of a lesson wait too, one after the other, and what the lesson has no step for keeps nothing waiting', () => {
    const blank = { title: 'L', fresh: 0, away: false, exercise: undefined, sections: [], after: '' };
    const step = (text: string): LessonView => ({ ...blank, results: [], next: { kind: 'command', text, line: 1 }, position: 1, steps: 3 });
    const busy = fed({ ...start(), lesson: step('continue') }, ...keys(' ', ' ', ' ', 's'));
    const next = update(busy, { ...stopped, lesson: step('bt') });
    expect([next.effect, next.state.running, next.state.pending.length]).toEqual([{ kind: 'lesson', move: { kind: 'step' } }, 'bt', 2]);
    const over = update(next.state, { ...stopped, lesson: { ...blank, results: [], next: undefined, position: 3, steps: 3 } });
    expect(over.effect).toEqual(command('stepi'));
    expect(over.state.notice).toBe('the lesson is over');
  });

  it('show each command that is run, in full', () => {
    expect(fed(start(), { kind: 'begun', line: 'stepi' }).console).toEqual(['(r14) stepi']);
  });

  it('interrupt what runs, and leave when pressed twice with nothing to stop', () => {
    expect(effect(start(), ...keys('c', 'ctrl-c'))).toEqual({ kind: 'interrupt' });
    expect(effect(start(), ...keys('ctrl-c'))).toBeUndefined();
    expect(effect(start(), ...keys('ctrl-c', 'ctrl-c'))).toEqual({ kind: 'quit' });
    expect(effect(start(), ...keys('ctrl-c', 'tab', 'ctrl-c'))).toBeUndefined();
  });
});

describe('the selection', () => {
  it('moves over what stands for something, and Enter goes there', () => {
    expect(effect(start(), ...keys('3', 'down', 'enter'))).toEqual(command('frame 1'));
    expect(effect(start(), ...keys('8', 'down', 'enter'))).toEqual(command('goroutine 1'));
    expect(effect(start(), ...keys('5', 'j', 'enter'))).toEqual({ kind: 'go', address: 0x401010n });
    expect(effect(start(), ...keys('down', 'enter'))).toEqual({ kind: 'go', address: 0x401000n });
  });

  it('is where breakpoints are set and cleared', () => {
    expect(effect(start(), ...keys('b'))).toEqual(command('break *0x401000'));
    expect(effect(start(), ...keys('down', 'b'))).toEqual(command('break *0x401004'));
    const there: Message = { kind: 'stopped', view: { ...view('1', '0x1'), breakpoints: new Set([0x401000n]) } };
    expect(effect(fed(start(), there), ...keys('b'))).toEqual(command('clear *0x401000'));
  });

  it('stays over a step', () => {
    expect(fed(start(), ...keys('3', 'down'), stopped).panes.backtrace.selected).toBe(2);
  });

  it('marks the same value in the other panes', () => {
    const marked = (state: State): string =>
      draw(state)
        .flatMap(row => row.filter(segment => segment.alike))
        .map(segment => segment.text)
        .join('');
    expect(marked(fed(start(), ...keys('3', 'down')))).toContain('..ec98  0x401010');
    expect(marked(start())).toBe('');
  });

  it('comes back from where Enter went', () => {
    const looking = { memory: 0xec98n };
    const arrived: Message = { kind: 'arrived', view: { ...view('1', '0x1'), looking }, pane: 'memory', address: 0xec98n };
    const there = fed(start(), ...keys('2', 'down'), arrived);
    expect(there.focus).toBe('memory');
    expect(there.panes.memory.selected).toBe(0);
    const { effect: back, state } = update(there, keys('backspace')[0]!);
    expect(back).toMatchObject({ kind: 'return', spot: { focus: 'registers', looking: {} } });
    const returned = fed(state, { kind: 'returned', view: view('1', '0x1'), spot: (back as Extract<Effect, { kind: 'return' }>).spot });
    expect([returned.focus, returned.panes.registers.selected]).toEqual(['registers', 0]);
    expect(effect(returned, ...keys('backspace'))).toBeUndefined();
  });
});

describe('the mouse', () => {
  it('focuses and selects, and switches to frames and goroutines', () => {
    const state = fed(start(), click(start(), 'registers', 'rax'));
    expect([state.focus, state.panes.registers.selected]).toEqual(['registers', 0]);
    expect(effect(start(), click(start(), 'backtrace', 'main.main'))).toEqual(command('frame 1'));
    expect(effect(start(), click(start(), 'goroutines', 'x.s:3'))).toEqual(command('goroutine 1'));
    expect(fed(start(), { kind: 'click', row: 0, column: 0 })).toEqual(start());
  });

  it('sets breakpoints by the mark and by a second click', () => {
    const state = start();
    expect(effect(state, click(state, 'code', 'jmp', 1))).toEqual(command('break *0x401004'));
    expect(effect(state, click(state, 'code', 'jmp'))).toBeUndefined();
    expect(effect(state, click(state, 'code', 'jmp'), click(state, 'code', 'jmp'))).toEqual(command('break *0x401004'));
  });

  it('scrolls what is under the pointer, and no further than there is', () => {
    const long = fed(start(), { kind: 'answer', text: Array.from({ length: 99 }, (_, index) => `line ${index}`).join('\n') });
    const place = layout(long).find(each => each.pane.name === 'console')!;
    const wheel = (by: 1 | -1): Input => ({ kind: 'wheel', row: place.row + 1, column: place.column, by });
    const up = fed(long, wheel(-1), wheel(-1));
    expect(up.focus).toBe('code');
    expect(screen(up).join('\n')).not.toContain('line 98');
    expect(screen(fed(up, wheel(1), wheel(1), wheel(1))).join('\n')).toContain('line 98');
    expect(screen(fed(long, ...Array.from({ length: 99 }, () => wheel(-1)))).join('\n')).toContain('line 0');
  });
});

describe('the command line', () => {
  it('edits, recalls and runs', () => {
    const state = fed(start(), ...keys(':', "'x'", 'backspace', 'up', 'up'));
    expect(state.line?.text).toBe('p x');
    const { state: ran, effect: told } = update(state, keys('enter')[0]!);
    expect(told).toEqual(command('p x'));
    expect(ran.history).toEqual(['p x', 'bt']);
    expect(ran.line).toBeUndefined();
  });

  it('repeats the command before when it is empty', () => {
    expect(effect(start(), ...keys(':', 'enter'))).toEqual(command(''));
  });

  it('asks for the completion of what is before the cursor, and puts it there', () => {
    expect(effect(start(), ...keys(':', "'p $r x'", 'left', 'left', 'tab'))).toEqual({ kind: 'complete', line: 'p $r' });
    const state = fed(start(), ...keys(':', "'p $r x'", 'left', 'left'), { kind: 'completed', text: 'ax', words: [] });
    expect(state.line?.text).toBe('p $rax x');
  });

  it('can be written while a command runs, and waits then', () => {
    const state = fed(start(), ...keys('c', ':', "'bt'", 'enter'));
    expect(state.pending).toEqual([{ kind: 'run', line: 'bt', typed: true }]);
    expect(effect(state, stopped)).toEqual(command('bt'));
  });

  it('takes a paste without running it, in any mode, and spells out what is not text', () => {
    const paste: Input = { kind: 'paste', text: 'q\nrestart\n\x1b[A' };
    const state = fed(start(), paste);
    expect(state.line?.text).toBe('q\nrestart\n\\x1b[A');
    expect(effect(start(), paste)).toBeUndefined();
    const { state: ran, effect: told } = update(fed(start(), { kind: 'paste', text: 'bt\np x\n' }), keys('enter')[0]!);
    expect([told, ran.pending]).toEqual([command('bt'), [{ kind: 'run', line: 'p x', typed: true }]]);
    expect(screen(state).at(-2)).toContain('(r14) q↵restart↵\\x1b[A');
  });
});

describe('whatever is typed', () => {
  it('leaves a screen of exactly the terminal', () => {
    const name = fc.constantFrom(
      ...[
        "'x'",
        ':',
        '?',
        'z',
        'tab',
        'b',
        'up',
        'down',
        'pageup',
        'pagedown',
        'home',
        'end',
        'enter',
        'escape',
        'backspace',
        'ctrl-r',
        'ctrl-k',
      ],
      ...['1', '2', '3', '4', '5', '7', '8', '9', '0', 'left', 'ctrl-w', 'alt-b', 'm', "'漢'", "'\u0301'"],
    );
    const input: fc.Arbitrary<Message> = fc.oneof(
      { weight: 5, arbitrary: name.map(each => keys(each)[0]!) },
      fc.record({ kind: fc.constant('click' as const), row: fc.nat(70), column: fc.nat(210) }),
      fc.record({
        kind: fc.constant('wheel' as const),
        row: fc.nat(70),
        column: fc.nat(210),
        by: fc.constantFrom(1 as const, -1 as const),
      }),
      fc.string({ unit: 'binary' }).map(text => ({ kind: 'paste' as const, text })),
      fc.string({ unit: 'binary' }).map(text => ({ kind: 'answer' as const, text })),
      fc.string({ unit: 'binary' }).map(text => ({ kind: 'written' as const, text })),
      fc.record({ kind: fc.constant('size' as const), rows: fc.nat(70), columns: fc.nat(210) }),
      fc.constant(stopped),
    );
    fc.assert(
      fc.property(fc.array(input, { maxLength: 30 }), inputs => {
        const state = fed(start(), ...inputs);
        const rows = draw(state);
        if (tooSmall(state)) return;
        expect(rows).toHaveLength(state.rows);
        for (const row of rows) expect(widthOf(row.map(segment => segment.text).join(''))).toBe(state.columns);
      }),
      { numRuns: 60 },
    );
  });
});
