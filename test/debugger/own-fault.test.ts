/** A fault of r14's own is never taken for an answer to the user. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { debugBundled } from '../support/debug.js';

const src = join(import.meta.dirname, '../../src');

/** What is caught there without a look at it, and why that hides no fault of r14. */
const BARE: Readonly<Record<string, string>> = {
  'asm/encode.ts': "iced's encoder says with an error that an operand does not fit",
  'cli/compiled.ts': 'what V8 compiles is kept nowhere, where it cannot be',
  'cli/complete-file.ts': 'a folder of the host that cannot be listed completes nothing',
  'cli/typed-lines.ts': 'a history that cannot be read or kept costs only itself',
  'cli/host.ts': 'a source file that cannot be read is not shown',
  'cli/modules.ts': 'V8 refuses what it compiled in another release with errors of any kind',
  'cli/start.ts': 'what V8 compiled, and priorities of threads, only save time',
  'host/node/input.ts': 'a standard input that is closed is none',
  'host/node/package.ts': 'package.json is in one of two places',
};

describe("a fault of r14's own", () => {
  it('is called that, and the session goes on', async () => {
    const { session, run } = debugBundled('go-to-c');
    Object.assign(session.host, {
      readScript() {
        throw new TypeError('x is not a function');
      },
    });
    const fault = await run('source script');
    expect(fault).toMatchObject({ ok: false, output: expect.stringMatching(/^r14 itself is at fault: TypeError: x is not a function\./) });
    Object.assign(session.host, { debug: true });
    expect((await run('source script')).output).toContain('own-fault.test.ts');
    expect(await run('p 1')).toMatchObject({ ok: true, output: '1' });
  });

  it('is hidden by no catch that takes everything', () => {
    const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(file => /(?<!\.test)\.tsx?$/.test(file));
    const bare = files.filter(file => /\bcatch\s*\{/.test(readFileSync(join(src, file), 'utf8')));
    expect(bare.filter(file => BARE[file] === undefined)).toEqual([]);
    expect(Object.keys(BARE).filter(file => !bare.includes(file))).toEqual([]);
  });
});
