/** Expressions of Delve's own table, of the module's tests: what each prints there, it prints here. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { output as buildFolder, missing, moduleFolder, toolchain } from '../support/build.js';
import { debug } from '../support/debug.js';

const MODULE = 'github.com/go-delve/delve@v1.27.2';

interface Row {
  readonly expression: string;
  /** What it prints; an ellipsis stands for any end. */
  readonly value: string;
  readonly fails: boolean;
}

/** Where the table is Delve's taste, or Go says otherwise. */
const OTHERWISE: ReadonlyMap<string, string> = new Map([
  ['ch1 == chnil', 'Go compares channels'],
  ['*(v6.Chan.buf)', 'the element is struct {}, whose name Delve doubles'],
]);

const STRING = String.raw`"(?:[^"\\]|\\.)*"|` + '`[^`]*`';
const ROW = new RegExp(`^\\s*\\{(${STRING}), (?:true|false), (${STRING}), (?:${STRING}), (?:${STRING}), (nil)?`);

const unquoted = (literal: string): string => (literal.startsWith('`') ? literal.slice(1, -1) : (JSON.parse(literal) as string));

function tableOf(source: string, func: string): readonly Row[] {
  const start = source.indexOf(`\nfunc ${func}(`);
  const lines = source.slice(start, source.indexOf('\n}\n', start)).split('\n');
  return lines.flatMap(line => {
    const match = ROW.exec(line);
    return match ? [{ expression: unquoted(match[1]!), value: unquoted(match[2]!), fails: match[3] === undefined }] : [];
  });
}

function built(folder: string, fixture: string): string {
  const go = toolchain('go1.26')!;
  const copy = join(buildFolder, 'go', `delve-${process.pid}`);
  const program = join(buildFolder, 'go', `delve-${fixture}`);
  mkdirSync(copy, { recursive: true });
  for (const each of ['go.mod', 'go.sum', '_fixtures']) cpSync(join(folder, each), join(copy, each), { recursive: true });
  execFileSync('chmod', ['-R', 'u+w', copy]);
  execFileSync(go.go, ['build', '-gcflags=all=-N -l', '-o', program, `_fixtures/${fixture}.go`], {
    cwd: copy,
    env: { ...process.env, ...go.env },
  });
  rmSync(copy, { recursive: true });
  return program;
}

const folder = missing('go1.26') === undefined ? moduleFolder(MODULE) : undefined;
const why = folder === undefined && process.env.CI !== 'true' ? `it needs Go and the module proxy (${MODULE})` : undefined;

describe.skipIf(why)(`Delve's expressions${why ? ` (skipped: ${why})` : ''}`, () => {
  it.each([
    ['testvariables2', 'getEvalExpressionTestCases', 270],
    ['testvariables_generic', 'TestEvalExpressionGenerics', 6],
    ['issue4116', 'TestEmbeddedStructMethodsAndFieldLookup', 25],
  ])('%s', async (fixture, func, least) => {
    const rows = tableOf(readFileSync(join(folder!, 'pkg/proc/variables_test.go'), 'utf8'), func);
    expect(rows.length).toBeGreaterThanOrEqual(least);
    const at = debug(built(folder!, fixture), ['--allow-read', toolchain('go1.26')!.goroot, '--allow-read', '/usr/share/zoneinfo']);
    await at.text('continue');
    if ((await at.text('info frame')).includes('runtime.Breakpoint')) await at.text('frame 1');
    const wrong: string[] = [];
    const seen = new Set<string>();
    for (const { expression, value, fails } of rows) {
      // The fixture stops once for each instance that it asks about, of the same names.
      if (fixture === 'testvariables_generic' && seen.has(expression) && seen.size > 0) {
        seen.clear();
        await at.text('continue');
      }
      seen.add(expression);
      if (OTHERWISE.has(expression)) continue;
      const { ok, output } = await at.run(`print ${expression}`);
      const same = value.endsWith('…') ? output.startsWith(value.slice(0, -1)) : output === value;
      if (fails ? ok : !ok || !same) wrong.push(`${expression}: ${output} instead of ${fails ? 'an error' : value}`);
    }
    expect(wrong).toEqual([]);
  });
});
