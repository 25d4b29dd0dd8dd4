/** Generic code: the types that debug information has are shapes; those that r14 shows are the ones that the program itself says they are. */
import { describe, expect, it } from 'vitest';
import { buildGo, runNative, toolchains } from '../support/build.js';
import { debug } from '../support/debug.js';

/** `plain p *int`, in the order of the calls. */
const said = (program: string): readonly string[] => runNative(program).stdout.trimEnd().split('\n');

describe.each(toolchains())('%s', toolchain => {
  it.each([['-N -l'], [undefined]])('variables of generic code have the types that Go says they have, gcflags %s', async gcflags => {
    const program = buildGo('instances', { toolchain, ...(gcflags && { gcflags }) });
    const { text, run } = debug(program);
    await text('break main.see');
    const shown: string[] = [];
    const absent = new Set<number>();
    const lines = said(program);
    for (let at = 0; at < lines.length; ) {
      await text('continue');
      await text('frame 1');
      const where = lines[at]!.split(' ')[0]!;
      const names = new Set<string>();
      // One call of `see` says each variable once.
      for (; at < lines.length; at++) {
        const [place, name] = lines[at]!.split(' ');
        if (place !== where || names.has(name!)) break;
        names.add(name!);
        const { ok, output } = await run(`whatis ${name}`);
        // The compiler describes no variable that it has optimised away altogether.
        if (ok || gcflags !== undefined) shown.push(`${where} ${name} ${output}`);
        else absent.add(at);
      }
    }
    expect(absent.size).toBeLessThan(lines.length / 4);
    const wanted = lines.filter((_, at) => !absent.has(at));
    // Optimised, nothing keeps the dictionary that generic code has found in its own: then the shape stands there, and no guess.
    const lost = gcflags === undefined ? /^inner (\w) .*/ : /^$/;
    const shape = /go\.shape\.\*uint8(?:_0)?$/;
    expect(shown.map(line => line.replace(shape, 'a shape'))).toEqual(wanted.map(line => line.replace(lost, 'inner $1 a shape')));
  });
});
