/** The race runtimes of Go's toolchains as command-line programs (test/race/oracle.c), and what they said of random scripts. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseGorace } from '../../src/runtime/race/gorace.js';
import { goraceReader, replayScript } from '../../src/runtime/race/replay.js';
import { raceRelease } from '../../src/runtime/race/v3/layout.js';
import { buildLinked, type Toolchain, toolchain } from './build.js';

const folder = join(import.meta.dirname, '../race');

/** Where a toolchain has its race runtime for linux/amd64, and where ThreadState.clock is in it. */
const OBJECTS = [
  { path: 'src/runtime/race/internal/amd64v1/race_linux.syso', clock: 0x2c, vectors: false },
  { path: 'src/runtime/race/internal/amd64v3/race_linux.syso', clock: 0x30, vectors: true },
  { path: 'src/runtime/race/race_linux_amd64.syso', clock: 0x2c, vectors: false },
] as const;

/** Builds the driver with a toolchain's race runtime, the one for GOAMD64=v3 with `vectors`; undefined where there is none. */
export function buildRaceOracle(name: Toolchain, vectors = false): string | undefined {
  const go = toolchain(name);
  const object = go && OBJECTS.find(each => each.vectors === vectors && existsSync(join(go.goroot, each.path)));
  if (go === undefined || object === undefined) return undefined;
  const flags = ['-O1', '-no-pie', `-DCLKOFF=${object.clock}`];
  return buildLinked(`race-oracle-${go.name}${vectors ? '-v3' : ''}`, join(folder, 'oracle.c'), join(go.goroot, object.path), flags);
}

export interface Replayed {
  readonly output: string;
  /** What is said before the script begins. */
  readonly said: string;
  readonly status: number | null;
}

/** What the real race runtime prints of a script. Nothing waits for other threads at the end, unless `gorace` says so. */
export function replayReal(oracle: string, script: string, gorace = 'atexit_sleep_ms=0'): Replayed {
  // A file and no pipe: it may end before it has read all.
  const input = join(tmpdir(), `r14-race-${process.pid}`);
  writeFileSync(input, script);
  const descriptor = openSync(input, 'r');
  try {
    const options = { env: { GORACE: gorace }, encoding: 'utf8', maxBuffer: 1 << 28 } as const;
    const { stdout, stderr, status, error } = spawnSync(oracle, { ...options, stdio: [descriptor, 'pipe', 'pipe'] });
    if (error !== undefined) throw error;
    return { output: stdout, said: stderr, status };
  } finally {
    closeSync(descriptor);
    rmSync(input);
  }
}

/** What the model prints of it. */
export function replayModel(script: string, release: string, gorace = '', vectors = false): Replayed {
  const printed: string[] = [];
  const version = raceRelease(release, vectors);
  const options = parseGorace(gorace, goraceReader(version));
  const status = options.status ?? replayScript(script, { release: version, flags: options.flags, print: text => printed.push(text) });
  return { output: printed.join(''), said: options.said, status };
}

export const digest = ({ output, status }: Pick<Replayed, 'output' | 'status'>): string =>
  createHash('sha256').update(`${output}${status}`).digest('hex').slice(0, 12);

/** A recorded script, and the digest of what the real race runtime of each release said. */
export interface Recorded {
  readonly kind: string;
  /** A seed, or a name. */
  readonly name: string;
  readonly digests: ReadonlyMap<string, string>;
}

export const RECORDED = join(folder, 'recorded.txt');
/** Releases whose race runtimes differ, and the toolchains to ask. */
export const RECORDED_RELEASES = [
  ['1.26', 'go1.26'],
  ['1.19', 'go1.19'],
] as const satisfies readonly (readonly [string, Toolchain])[];

export function recordedScripts(): readonly Recorded[] {
  return readFileSync(RECORDED, 'utf8')
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => {
      const [kind = '', name = '', ...digests] = line.split(' ');
      return { kind, name, digests: new Map(RECORDED_RELEASES.map(([release], index) => [release, digests[index]!])) };
    });
}
