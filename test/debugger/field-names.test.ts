/** Struct fields in disassembly: the bundled sources say which field each instruction means. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Session, session } from '../support/session.js';

const NAMED = /(?:^|[\s,(])\(?(\w+_\w+)(?:\+[\w+]+)?\)?\((R\d+|[A-D]X|[SD]I)\)/;
const textOf = ({ answers }: Session, command: string): string => answers.find(answer => answer.command === command)!.output;

describe('fields in the disassembly of a bundled program', () => {
  const functions = [
    'racefuncenter',
    'racecall',
    'runtime.newproc1',
    'runtime.systemstack',
    'runtime.runqput',
    'runtime.runqget',
    'runtime.schedule',
    'runtime.execute',
    'runtime.gogo',
    'runtime.mcall',
    'runtime.goexit0',
    'runtime.chansend',
    'trace.TakeSnapShot',
    '__tsan_func_enter',
  ];
  const commands = ['set disassembly-flavor go', ...functions.map(name => `disassemble ${name}`)];
  // As it is written: what -race puts in between keeps registers on the stack.
  const run = session('newproc-race', commands, ['--variant', 'norace']);
  const sources = new Map(
    ['asm', 'proc', 'race', 'chan', 'tsan'].map(name => [
      `${name}.s`,
      readFileSync(new URL(`../../src/runtime/bundled/${name}.s`, import.meta.url), 'utf8').split('\n'),
    ]),
  );
  sources.set('trace.s', readFileSync(new URL('../../programs/newproc-race/trace.s', import.meta.url), 'utf8').split('\n'));

  it.each(functions)('%s: what is named is what the source says', name => {
    const rows = textOf(run, `disassemble ${name}`).split('\n').slice(1);
    let compared = 0;
    for (const row of rows) {
      const [, file, line] = /(\w+\.s):(\d+)/.exec(row)!;
      const shown = NAMED.exec(row.replace(/^.*<\+\d+>/, ''));
      const said = NAMED.exec(sources.get(file!)![Number(line) - 1]!);
      // The source may have it from a word without a type; what is shown of it must still be that.
      if (shown === null || said === null) continue;
      expect([row, shown[1], shown[2]]).toEqual([row, said[1], said[2]]);
      compared++;
    }
    expect(compared).toBeGreaterThan(0);
  });

  it('are named in every flavour', () => {
    const at = ['go', 'gnu', 'intel'].flatMap(flavor => [`set disassembly-flavor ${flavor}`, 'x/2i racefuncenter']);
    const shown = session('newproc-race', at)
      .answers.filter(answer => answer.command.startsWith('x/'))
      .map(answer => answer.output);
    expect(shown[0]).toContain('MOVQ g_racectx(R14), DI');
    expect(shown[1]).toMatch(/mov 0x138\(%r14\),%rdi +# g_racectx$/m);
    expect(shown[2]).toMatch(/mov rdi, qword ptr \[r14\+0x138\] +# g_racectx$/m);
  });
});
