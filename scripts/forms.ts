/**
 * Runs the Go programs of `programs/go` and writes down the encodings that at least two of them execute, from which the bundle's forms are made:
 * `npm run forms`. A line is what some forms have in common, all their shared bytes but the last, and then those.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { knownForms } from '../src/cpu/lift/forms.js';
import { nodePorts } from '../src/host/node/ports.js';
import { startProcess } from '../src/linux/process.js';
import { buildGo, goPrograms, missing } from '../test/support/build.js';
import { COMMON_FORMS } from './bundle.js';

/** Instructions of each program. */
const MOST = 50_000_000;
const TOOLCHAINS = ['go1.26', 'go1.19'] as const;

const hex = (bytes: readonly number[]): string => Buffer.from(bytes).toString('hex');

/** Runs a program in this process, and prints the encodings that it executes. */
function printEncodings(path: string): void {
  const guest = startProcess({ host: nodePorts, path, args: [path], output: () => undefined });
  guest.catch = { signals: new Set() };
  guest.run({ budget: MOST });
  for (const bytes of knownForms().encodings()) console.log(`${hex(bytes.slice(0, -1))} ${hex(bytes.slice(-1))}`);
}

/** Which programs execute each encoding, in the order of their bytes. */
function collect(): Map<string, Set<string>> {
  const users = new Map<string, Set<string>>();
  for (const program of goPrograms()) {
    for (const toolchain of TOOLCHAINS) {
      for (const race of [false, true]) {
        const path = buildGo(program, { toolchain, race });
        const printed = execFileSync(process.execPath, ['--import', 'tsx', import.meta.filename, path], { encoding: 'utf8' });
        for (const line of printed.trimEnd().split('\n')) users.set(line, (users.get(line) ?? new Set()).add(program));
      }
    }
  }
  return new Map([...users].sort(([left], [right]) => (left < right ? -1 : 1)));
}

const [path] = process.argv.slice(2);
if (path !== undefined) printEncodings(path);
else {
  const why = missing(...TOOLCHAINS);
  if (why) throw new Error(why);
  const lines = new Map<string, string>();
  for (const [line, programs] of collect()) {
    const [start, end] = line.split(' ') as [string, string];
    if (programs.size > 1) lines.set(start, `${lines.get(start) ?? start} ${end}`);
  }
  writeFileSync(COMMON_FORMS, `${[...lines.values()].join('\n')}\n`);
}
