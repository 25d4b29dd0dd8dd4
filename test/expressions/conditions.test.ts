import { describe, expect, it } from 'vitest';
import { buildGo, missing } from '../support/build.js';
import { session } from '../support/session.js';

const why = missing('go1.26');

describe.skipIf(why)(`conditions${why ? ` (skipped: ${why})` : ''}`, () => {
  const binary = (): string => buildGo('values', { gcflags: 'all=-N -l' });

  it('are evaluated where the breakpoint is hit, whatever frame was selected before', () => {
    const { answers } = session(binary(), ['b main.double if n == 40', 'b main.main', 'c', 'frame 1', 'c', 'p n']);
    expect(answers.map(({ ok }) => ok)).toEqual([true, true, true, true, true, true]);
    expect(answers.at(-1)!.output).toBe('40');
  });

  it('stop when they cannot be told, and say why', () => {
    const { answers } = session(binary(), ['b main.double if nowhere == 1', 'c', 'p n']);
    expect(answers[1]!.output).toContain('cannot tell whether nowhere == 1 holds: could not find symbol value for nowhere');
    expect(answers[2]!.output).toBe('10');
  });
});
