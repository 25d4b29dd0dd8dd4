import { describe, expect, it } from 'vitest';
import { expressionOfName, namePlaces, namesIn, paneRegister } from './names.js';
import { span } from './text.js';

describe('names in lessons', () => {
  it('are registers, places in memory, functions and variables, wherever they stand', () => {
    expect(namesIn('racefuncenter')).toEqual(['racefuncenter']);
    expect(namesIn('g0')).toEqual(['g0']);
    expect(namesIn('MOVQ 8(CX), AX')).toEqual(['8(CX)', 'AX']);
    expect(namesIn('mov 0x10(%rdi),%rdx')).toEqual(['0x10(%rdi)', '%rdx']);
    expect(namesIn('expect R14 == &runtime.g0')).toEqual(['R14', 'runtime.g0']);
    expect(namesIn('#4 0x4ec76f in crash/trace.(*traceContext).TakeSnapShot (tc=0xc0000a0030)')).toEqual([
      '0x4ec76f',
      'crash/trace.(*traceContext).TakeSnapShot',
      '0xc0000a0030',
    ]);
    expect(namesIn('print 42 to main.s:17')).toEqual(['main.s:17']);
    expect(namesIn('(AX)(CX*8)')).toEqual(['(AX)', 'CX']);
    expect(namesIn('*(*uintptr)(RSP+8)')).toEqual(['RSP']);
  });

  it('have their cells in a row', () => {
    const row = [span(' what '), span('RDI', 'literal'), span(' is, and not RDIX or x.RDI, but '), span('g0', 'literal')];
    expect(namePlaces(['RDI', 'g0'], row)).toEqual([
      { name: 'RDI', from: 6, to: 9 },
      { name: 'g0', from: 41, to: 43 },
    ]);
  });

  it('lead to a register of the pane, or to an expression', () => {
    expect(['AX', 'EAX', '%rdi', 'R8D', 'g', 'X15', 'RSP'].map(paneRegister)).toEqual(['rax', 'rax', 'rdi', 'r8', 'r14', 'xmm15', 'rsp']);
    expect(['96(SP)', '(CX)', '-0x8(%rbp)', 'g0', 'runtime.main'].map(expressionOfName)).toEqual([
      'RSP+96',
      'RCX',
      'RBP-0x8',
      'runtime.g0',
      'runtime.main',
    ]);
  });
});
