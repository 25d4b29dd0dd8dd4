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

  it('says so when the terminal is too small', () => {
    expect(screen(fed(start(), { kind: 'size', rows: 5, columns: 70 }))[0]).toContain('r14 needs 60 x 15 cells');
    expect(screen(fed(start(), { kind: 'size', rows: 0, columns: 0 }))).toHaveLength(1);
  });

  it('marks the current instruction, the breakpoint, the seam and what changed', () => {
    const lines = screen(fed(start(), { kind: 'stopped', view: view('2', '0x2') })).join('\n');
    expect(lines).toContain('●=> 0x401000  mov 0x10(%rdi),%rdx');
    expect(lines).toContain('┄ g0 ▲  stack switch  ▼ goroutine 1 ┄');
    expect(lines).toContain('*rax   0x2');
    expect(lines).toContain('► 0 f          x.s:3');
  });
});
