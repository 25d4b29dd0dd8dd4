import { describe, expect, it } from 'vitest';
import { assemble } from './assemble.js';
import type { Instrument } from './instrument.js';

const SOURCE = `TEXT ·f(SB), $16-8
	MOVQ x+0(FP), AX
	TESTQ AX, AX
	JEQ 3(PC)
	CALL ·leaf(SB)
	JMP done
	MOVQ $1, AX
done:
	CALL ·leaf(SB)
	RET
TEXT ·leaf(SB), $0-0
	RET
TEXT ·other(SB), NOSPLIT, $0-0
	JMP 1(PC)
	RET
TEXT ·morestack_noctxt(SB), NOSPLIT, $0-0
	RET
`;
const build = (instrument?: Instrument, text = SOURCE) =>
  assemble({ sources: [{ file: 'x.s', text: `#include "textflag.h"\n${text}`, package: 'runtime' }], instrument });

/** A byte that does nothing in front of every call, and another behind it; tells how many calls there are. */
function aroundCalls(): { readonly pass: Instrument; readonly count: () => number } {
  let calls = 0;
  const pass: Instrument = (_fn, statements, parse) =>
    statements.flatMap(statement => {
      if (statement.kind !== 'instruction' || statement.mnemonic !== 'CALL') return [statement];
      calls++;
      return [...parse('BYTE $0x90', statement.at), statement, ...parse('BYTE $0x90', statement.at)];
    });
  return { pass, count: () => calls };
}

describe('a pass over the statements', () => {
  it('that changes nothing changes no byte, nor a line of the table', () => {
    const plain = build();
    for (const pass of [
      ((_fn, statements) => statements) satisfies Instrument,
      ((_fn, statements) => [...statements]) satisfies Instrument,
    ]) {
      const { segments, functions } = build(pass);
      expect(segments).toEqual(plain.segments);
      expect(functions).toEqual(plain.functions);
    }
  });

  it('may put code around calls; what jumps there goes where it went', () => {
    const { pass, count } = aroundCalls();
    const instrumented = build(pass);
    expect(count()).toBe(2);
    const byHand = SOURCE.replaceAll('CALL', 'BYTE $0x90; CALL')
      .replaceAll('·leaf(SB)\n', '·leaf(SB); BYTE $0x90\n')
      .replace('3(PC)', 'one')
      .replace('MOVQ $1', 'one: MOVQ $1');
    expect(instrumented.segments).toEqual(build(undefined, byHand).segments);
    expect(instrumented.segments).not.toEqual(build().segments);
  });

  it('may give a leaf a call: then it has a frame, and asks for room', () => {
    const enter: Instrument = ({ symbol, at }, statements, parse) =>
      symbol.name === 'runtime.leaf' ? [...parse('CALL ·other(SB)', at), ...statements] : statements;
    const byHand = SOURCE.replace('$0-0\n', '$0-0\n\tCALL ·other(SB)\n');
    expect(build(enter).segments).toEqual(build(undefined, byHand).segments);
  });

  it('has its errors at the place that it puts code to', () => {
    const wrong: Instrument = (_fn, statements, parse) => statements.flatMap(each => [...parse('NOSUCH AX', each.at), each]);
    expect(() => build(wrong)).toThrow(/^x\.s:3:2: unknown instruction NOSUCH\n\tMOVQ x\+0\(FP\), AX\n/);
  });
});
