/** Asks the real race runtimes of Go 1.26 and 1.19 about the event scripts, and records what they say: `npx tsx test/race/record.ts`. */
import { writeFileSync } from 'node:fs';
import { buildRaceOracle, digest, RECORDED, RECORDED_RELEASES, replayReal } from '../support/race.js';
import { MADE, scriptOf } from './made.js';

const SCRIPTS = 2000;
const LONG = 12;

const oracles = RECORDED_RELEASES.map(([, toolchain]) => {
  const oracle = buildRaceOracle(toolchain);
  if (oracle === undefined) throw new Error(`${toolchain} is missing`);
  return oracle;
});
const lines = [
  `# kind, seed or name, and the digest of what the race runtimes of Go ${RECORDED_RELEASES.map(([name]) => name).join(' and ')} print`,
];
const write = (): void => writeFileSync(RECORDED, `${lines.join('\n')}\n`);
const record = (kind: string, name: string | number): void => {
  const script = scriptOf(kind, `${name}`);
  lines.push([kind, name, ...oracles.map(oracle => digest(replayReal(oracle, script)))].join(' '));
  if (lines.length % 100 === 0) write();
};
for (const name of [...MADE.keys(), 'reset']) record('made', name);
for (let seed = 0; seed < SCRIPTS; seed++) record('short', seed);
for (let seed = 0; seed < LONG; seed++) record('long', seed);
write();
