/**
 * What users of Go's debuggers have reported as wrong, found in public trackers and tried here. What is right is what Go's source says; the
 * programs are small functions of programs/go/reports.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildGo, MATRIX, missing } from '../support/build.js';
import { type Debugging, debug } from '../support/debug.js';

const LINES = readFileSync(join(import.meta.dirname, '../../programs/go/reports/main.go'), 'utf8').split('\n');
/** Number of the line with this remark at its end. */
const at = (remark: string): number => LINES.findIndex(line => line.endsWith(`// ${remark}`)) + 1;

for (const toolchain of MATRIX) {
  const why = missing(toolchain);
  describe.skipIf(why).each(['-N -l', ''])(`reports, ${toolchain} %s${why ? ` (skipped: ${why})` : ''}`, gcflags => {
    const program = () => buildGo('reports', { toolchain, gcflags });
    async function stopped(which: string, location: string, condition?: string): Promise<Debugging> {
      const session = debug(program());
      await session.text(`restart ${which}`);
      await session.text(`break ${location}`);
      if (condition !== undefined) await session.text(`condition 1 ${condition}`);
      await session.text('continue');
      return session;
    }

    // go-delve/delve 1672: in a closure that declares a variable by the name of one that it has captured, the inner one was called shadowed.
    // Here the captured one's value was printed. Optimised code has neither in memory.
    it.skipIf(gcflags === '')('a variable of a closure hides the captured one of its name', async () => {
      const session = await stopped('shadow', `main.go:${at('first')}`);
      for (const remark of ['second', 'third', 'fourth']) await session.text(`break main.go:${at(remark)}`);
      expect(await session.text('p v')).toBe('2');
      expect((await session.text('locals')).split('\n').sort()).toEqual(['(v) = 1', 'name = "v"', 'v = 2']);
      await session.text('continue');
      expect([await session.text('p v'), await session.text('p name'), await session.text('p i')]).toEqual(['2', '"w"', '0']);
      await session.text('continue');
      expect(await session.text('p v')).toBe('1');
      // go-delve/delve 106: in the second of two loops, the variable of the first was printed.
      await session.text('continue');
      expect(await session.text('p i')).toBe('10');
    });

    // go-delve/delve 1240 and microsoft/vscode-go 2560: `next` in a goroutine that is selected and waits went on in another one, or ran away.
    // Here it stopped inside of runtime.gopark.
    it.each(['next', 'step'])('%s in a goroutine that waits goes to its next line', async step => {
      const session = await stopped('waits', 'main.seen');
      await session.text('goroutine 1');
      expect(await session.data(step)).toMatchObject({ reason: step, goroutine: 1, function: 'main.waits' });
      const [frame] = await session.data('bt 1');
      expect(frame).toMatchObject({ function: 'main.waits', line: at('goes on here') });
    });

    // go-delve/delve 1766: a condition may not call a function of the program; asked for with one that the breakpoint itself stands in.
    it('a condition calls the function that its breakpoint is in', async () => {
      const session = await stopped('factorial', `main.go:${at('recurses')}`, 'factorial(n, false) == 6');
      expect(await session.text('p n')).toBe('3');
      expect(await session.text('p factorial(n + 2, false)')).toBe('120');
      expect((await session.run('call factorial(3, true)')).output).toContain("it came to a breakpoint of the program's own");
      // go-delve/delve 828: `finish` in a recursive function ended in a deeper call, or failed.
      await session.text('delete');
      expect(await session.data('finish')).toMatchObject({ reason: 'finish', returned: [{ value: '6' }] });
      expect(await session.text('p n')).toBe('4');
    });

    // go-delve/delve 3634: behind runtime.sigpanic, which nobody has called, the frame had the line before the one that faulted.
    it('the frame behind sigpanic has the line that faulted', async () => {
      const session = await stopped('faults', 'runtime.gopanic');
      const frames: readonly { function: string; line: number }[] = await session.data('bt');
      const index = frames.findIndex(frame => frame.function === 'runtime.sigpanic');
      expect(frames[index + 1]).toMatchObject({ function: 'main.second', line: at('faults') });
    });

    // go-delve/delve 582 and 956: `next` from the last line went into what is deferred, though nothing had panicked.
    it('next from the end of a function passes over what it has deferred', async () => {
      const session = await stopped('copies', `main.go:${at('the end')}`);
      for (let count = 0; ; count++) {
        await session.text('next');
        const [frame] = await session.data('bt 1');
        if (frame.function !== 'main.copies') {
          expect(frame).toMatchObject({ function: 'main.main' });
          break;
        }
        expect(count).toBeLessThan(6);
      }
    });
  });
}
