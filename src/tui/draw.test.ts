import { describe, expect, it } from 'vitest';
import { fed, screen, start, view } from '../../test/support/screen-state.js';

describe('draw', () => {
  it('fills exactly the screen, at every size', () => {
    for (const [rows, columns] of [
      [24, 80],
      [40, 120],
      [60, 200],
      [15, 60],
    ] as const) {
      const lines = screen(fed(start(), { kind: 'size', rows, columns }));
      expect(lines).toHaveLength(rows);
      expect(new Set(lines.map(line => [...line].length))).toEqual(new Set([columns]));
    }
  });

  it('says so when the terminal is too small, as far as there is room', () => {
    const small = (rows: number, columns: number) => screen(fed(start(), { kind: 'size', rows, columns }));
    expect(small(5, 70)[0]).toContain('r14 needs 60 x 15 cells');
    expect(small(4, 20).map(line => line.trim())).toEqual([
      'r14 needs 60 x 15',
      'cells, not 20 x 4.',
      'Enlarge the window,',
      'or press q and use',
    ]);
    expect(small(1, 1)).toEqual(['…']);
  });

  it('always tells how to learn more and how to leave', () => {
    for (const columns of [60, 80, 200]) {
      const last = screen(fed(start(), { kind: 'size', rows: 24, columns })).at(-1);
      expect(last).toMatch(/^ s step .* : command · \? keys · q quit *$/);
    }
  });

  it('marks the current instruction, the breakpoint, the seam and what changed', () => {
    const lines = screen(fed(start(), { kind: 'stopped', view: view('2', '0x2') })).join('\n');
    expect(lines).toContain('●=> 0x401000  mov 0x10(%rdi),%rdx');
    expect(lines).toContain('┄ g0 ▲  stack switch  ▼ goroutine 1 ┄');
    expect(lines).toContain('*rax   0x2');
    expect(lines).toContain('► 0 f          x.s:3');
  });
});
