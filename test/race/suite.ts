/**
 * `npm run race-suite`: Go's own tests of its race detector (runtime/race/testdata), built by the toolchain and run one at a time under r14, judged as
 * Go's harness does: a test whose name begins with TestRace must be reported on, one with TestNoRace must not. Prints those that differ, and for
 * each what the host's own run says, as some of them are flaky there too. `npm run race-suite -- PATTERN` runs those whose names match, and
 * `npm run race-suite -- PATTERN go1.19` another toolchain's.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from '../../scripts/build.js';
import { GUEST_ENVIRONMENT, output, type Toolchain, toolchain } from '../support/build.js';

const TOOLCHAIN = (process.argv[3] ?? 'go1.26') as Toolchain;
/** As race_test.go sets them. */
const ENVIRONMENT = { GOMAXPROCS: '1', GORACE: 'suppress_equal_stacks=0 suppress_equal_addresses=0 atexit_sleep_ms=0' };
const LEAST = 345;
const MINUTES = 60_000;

function suite(): string {
  const go = toolchain(TOOLCHAIN);
  if (go === undefined) throw new Error(`${TOOLCHAIN} is missing`);
  const folder = join(go.goroot, 'src/runtime/race');
  const target = join(output, 'go', `race-suite-${TOOLCHAIN}.test`);
  if (existsSync(target)) return target;
  mkdirSync(join(output, 'go'), { recursive: true });
  const files = readdirSync(join(folder, 'testdata')).filter(name => name.endsWith('_test.go'));
  const args = ['test', '-race', '-c', '-o', target, ...files.map(name => `./testdata/${name}`)];
  const built = spawnSync(go.go, args, { cwd: folder, env: { ...process.env, ...go.env }, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(built.stderr);
  return target;
}

/** Both outputs of a command in the order that they were written in: what comes before the test's first line is not of the test. */
const said = (command: readonly string[]): string => {
  const env = { ...GUEST_ENVIRONMENT, ...ENVIRONMENT };
  return spawnSync('sh', ['-c', 'exec "$0" "$@" 2>&1', ...command], { env, encoding: 'utf8', timeout: 2 * MINUTES }).stdout;
};

/** What is wrong with a test's output; undefined: nothing. */
function fault(name: string, text: string): string | undefined {
  const from = text.indexOf(`=== RUN   ${name}\n`);
  if (from < 0) return `it did not run: ${text.trim().split('\n').at(-1) ?? ''}`;
  const raced = text.includes('DATA RACE', from);
  if (text.includes('fatal error:', from)) return 'fatal error';
  if (name.startsWith('TestRace') === raced) return undefined;
  return raced ? 'a race is reported' : 'no race is reported';
}

await build();
const binary = suite();
const pattern = new RegExp(process.argv[2] ?? '');
const names = said([binary, '-test.list', '^Test(No)?Race'])
  .split('\n')
  .filter(name => /^Test(No)?Race/.test(name) && pattern.test(name));
const settings = Object.entries(ENVIRONMENT).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
let good = 0;
for (const name of names) {
  const args = ['-test.v', '-test.run', `^${name}$`];
  const wrong = fault(
    name,
    said([process.execPath, join(import.meta.dirname, '../../bin/r14.js'), 'run', ...settings, binary, '--', ...args]),
  );
  if (wrong === undefined) good++;
  else {
    const rounds = Array.from({ length: 10 }, () => fault(name, said([binary, ...args])) ?? 'as it should');
    const counted = [...new Set(rounds)].map(each => `${each} in ${rounds.filter(one => one === each).length} of 10`);
    console.log(`${name}: ${wrong}; natively ${counted.join(', ')}`);
  }
}
console.log(`${good} of ${names.length} as Go's harness expects`);
process.exitCode = good >= Math.min(LEAST, names.length) ? 0 : 1;
