/** The calls that a frame has pending. Oracle: the program, which prints in the order in which they run. */
import { describe, expect, it } from 'vitest';
import { buildGo, missing, runNative, toolchains } from '../support/build.js';
import { debug } from '../support/debug.js';

const why = missing('go1.26', 'go1.19');

/** What of the program's functions each of its lines is printed by. */
const PRINTERS: readonly (readonly [RegExp, string])[] = [
  [/^closure/, 'main.open.func1'],
  [/^close/, 'main.(*T).Close'],
  [/^a /, 'main.a'],
];

describe.skipIf(why)(`deferred${why ? ` (skipped: ${why})` : ''}`, () => {
  const builds = toolchains().flatMap(toolchain =>
    [{}, { gcflags: 'all=-N -l' }, { ldflags: '-s -w' }].map(how => ({ toolchain, ...how })),
  );

  it.each(builds)('lists what will run, in that order: %o', async how => {
    const path = buildGo('deferred', how);
    const at = debug(path);
    await at.text('tbreak main.go:21');
    await at.text('continue');
    const names = (rows: readonly { function: string }[]) => rows.map(({ function: name }) => name);
    const own = names(await at.data('deferred'));
    await at.text('up');
    const outer = names(await at.data('deferred'));
    const ran = runNative(path)
      .stdout.split('\n')
      .flatMap(line => PRINTERS.find(([pattern]) => pattern.test(line))?.[1] ?? []);
    expect(own.length).toBe(3);
    // The other calls of the loop print nothing.
    expect([...own, ...outer.filter(name => name === 'main.a')]).toEqual(ran);
    expect(outer.filter(name => name === 'main.loop.func1').length).toBe(2);
    await at.text('up');
    expect(await at.text('deferred')).toBe('(no deferred calls)');
  });

  it('of the list it is known where they were deferred', async () => {
    const at = debug(buildGo('deferred', { gcflags: 'all=-N -l' }));
    await at.text('tbreak main.go:21');
    await at.text('continue');
    expect((await at.data('deferred')).map(({ deferredAt }: { deferredAt: number }) => deferredAt)).toEqual([19, 17, 15]);
  });
});
