/** Arguments of outer frames that only the callers' debug information still tells. gdb is the oracle. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { buildC, hasCommand, missing } from '../support/build.js';
import { debug } from '../support/debug.js';

/** `deep (n=0, step=80)`, of the program's own frames: gdb writes `n=n@entry=0` where both are known and equal, and `n@entry=0` where only that is. */
function gdbFrames(binary: string): readonly string[] {
  const out = execFileSync('gdb', ['-q', '-batch', '-ex', 'run x', '-ex', 'bt', binary], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return [...out.matchAll(/^#\d+ +(?:0x[0-9a-f]+ in )?((?:deep|start|main) \(.*?\)) at/gm)].map(([, frame]) =>
    frame!
      .replace(/\b(\w+)=\1@entry=/g, '$1=')
      .replace(/0x[0-9a-f]+/g, '0x')
      .replace(/ "\w+"/g, ''),
  );
}

const why = missing('gcc') ?? (hasCommand('gdb') ? undefined : 'gdb is missing');
describe.skipIf(why)(`arguments that callers know${why ? ` (skipped: ${why})` : ''}`, () => {
  for (const level of ['-O1', '-O2']) {
    for (const version of ['-gdwarf-5', '-gdwarf-4']) {
      it(`${level} ${version}`, async () => {
        const binary = buildC('callers', { flags: [level, version, '-fno-optimize-sibling-calls', '-fno-inline'] });
        const at = debug(binary);
        await at.text('restart x');
        expect(await at.data('continue')).toMatchObject({ reason: 'signal', signal: 'SIGABRT' });
        const frames = (await at.text('bt'))
          .split('\n')
          .flatMap(line => /((?:deep|start|main) \(.*?\)) at/.exec(line)?.[1] ?? [])
          .map(frame => frame.replace(/0x[0-9a-f]+/g, '0x'));
        expect(frames.length).toBeGreaterThan(3);
        expect(frames).toEqual(gdbFrames(binary));
      });
    }
  }
});
