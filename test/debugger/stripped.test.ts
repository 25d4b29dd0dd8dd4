/** What a program's symbols and DWARF would have told of its goroutines is found without them. */
import { describe, expect, it } from 'vitest';
import { goLayout } from '../../src/runtime/layout.js';
import { buildGo, type GoOptions, missing, runNative, TOOLCHAINS } from '../support/build.js';
import { debug } from '../support/debug.js';

const STRIPPED = '-s -w';

describe.each(TOOLCHAINS)('a stripped program of %s', toolchain => {
  const why = missing(toolchain);
  const kinds: readonly GoOptions[] = toolchain === 'go1.26' ? [{}, { race: true }, { buildmode: 'pie' }] : [{}];

  it.skipIf(why).each(kinds)(
    `%o has the goroutines and the layout that the whole program has${why ? ` (skipped: ${why})` : ''}`,
    async kind => {
      const [whole, stripped] = [undefined, STRIPPED].map(ldflags =>
        debug(buildGo('goroutines', { toolchain, ...kind, ...(ldflags === undefined ? {} : { ldflags }) })),
      );
      for (const at of [whole!, stripped!]) {
        await at.text('break os.(*File).Write');
        expect(await at.data('continue')).toMatchObject({ reason: 'breakpoint', goroutine: 1 });
      }
      const rows: readonly { waitReason: string }[] = await whole!.data('goroutines');
      expect(rows.some(row => row.waitReason === 'finalizer wait')).toBe(true);
      expect(await stripped!.data('goroutines')).toEqual(rows);
      const { layout } = whole!.session.target.go!;
      expect(layout.source).toBe('types');
      expect(stripped!.session.target.go!.layout).toEqual(layout);
      const table = goLayout(() => undefined, whole!.session.target.images.goImage!.go!.version);
      expect({ g: table.g, m: table.m }).toEqual({ g: layout.g, m: layout.m });
    },
  );

  it.skipIf(why).each(['', 'all=-N -l'])(
    `%o: frames have the arguments that Go's traceback prints${why ? ` (skipped: ${why})` : ''}`,
    async gcflags => {
      const path = buildGo('tracebacks', { toolchain, ldflags: STRIPPED, gcflags });
      // Addresses of stack and heap are the machine's own.
      const plain = (lines: readonly string[]) => lines.map(line => line.replace(/0x[0-9a-f]{9,}/g, 'address'));
      const printed = [...runNative(path).stderr.matchAll(/^(main\.\w+)\((.*)\)$/gm)].map(([, name, args]) => `${name} (${args})`);
      expect(printed.length).toBe(3);
      const at = debug(path);
      expect(await at.data('continue')).toMatchObject({ reason: 'panic' });
      const shown = [...(await at.text('bt')).matchAll(/ in (main\.\w+ \(.*\)) at /g)].map(([, call]) => call!);
      expect(plain(shown)).toEqual(plain(printed));
    },
  );
});
