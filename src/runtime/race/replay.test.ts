import { describe, expect, it } from 'vitest';
import { RACE_MODELS, replayScript } from './replay.js';
import { ScriptError } from './script.js';

describe.each(RACE_MODELS)('on %s', model => {
  const replay = (...script: readonly string[]): string => {
    let printed = '';
    replayScript(script.join('\n'), { model, print: text => (printed += text) });
    return printed;
  };

  it.each([
    ['w 3 0 0x1000', 'line 2: w 3 0 0x1000: thread 3 does not run'],
    ['r 0 1048576 0', 'line 2: r 0 1048576 0: 1048576 is outside of the heap, which has 1 MiB'],
    ['wr 0 1048570 7 0', 'line 2: wr 0 1048570 7 0: 1048570 to 1048576 is outside of the heap, which has 1 MiB'],
    ['wr 0 0 -1 0', 'line 2: wr 0 0 -1 0: there are no -1 bytes'],
    ['aadd64 0 1048572 1', 'line 2: aadd64 0 1048572 1: 1048572 to 1048579 is outside of the heap, which has 1 MiB'],
    ['start 0 100000 1', 'line 2: start 0 100000 1: thread 100000: there are threads 0 to 99999'],
    ['start 1 2 1', 'line 2: start 1 2 1: thread 1 does not run'],
    ['igne 0', 'line 2: igne 0: thread 0 does not ignore synchronisation'],
  ])('%s is refused', (line, message) => {
    expect(() => replay('# what is wrong is said', line)).toThrow(new ScriptError(message));
  });

  it('a thread that has ended does not run', () => {
    expect(() => replay('start 0 1 0x10', 'end 1', 'thr 1')).toThrow(new ScriptError('line 3: thr 1: thread 1 does not run'));
  });

  it('reads lines as C does', () => {
    expect(replay('#first', '', 'frob 1', 'count', '\taadd64 0 010 0x10 junk', 'aload64 0 8')).toBe(
      '#first\n? frob 1\ncount=0\naadd64 -> +8=0x10 +16=0 +24=0\naload64 -> +8=0x10 +16=0 +24=0\n',
    );
  });

  it('a range may be long', () => {
    expect(replay('start 0 1 1', 'wr 0 3 40000 0x1000', 'rel 0 8', 'acq 1 8', 'wr 1 1 40010 0x1000', 'malloc 0 70000', 'count')).toBe(
      'count=0\n',
    );
  });
});
