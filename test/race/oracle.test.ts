/**
 * The model of ThreadSanitizer v3 against the race runtimes of Go's toolchains: the same event scripts give the same cells, clocks, slots, meta
 * words and reports, to the byte. `R14_RACE_SCRIPTS=all` takes all of the recorded scripts, and asks the toolchains about each again.
 */
import { describe, expect, it } from 'vitest';
import { missing, type Toolchain } from '../support/build.js';
import { buildRaceOracle, digest, RECORDED_RELEASES, recordedScripts, replayModel, replayReal } from '../support/race.js';
import { scriptOf } from './made.js';
import { randomScript } from './scripts.js';

const all = process.env.R14_RACE_SCRIPTS === 'all';
const recorded = recordedScripts();
/** Of the random ones every so many, and those of the others that do not take long. */
const SAMPLE = 40;
const sample = recorded.filter(
  ({ kind, name }) => all || (kind === 'short' && Number(name) % SAMPLE === 3) || (kind === 'made' && name !== 'reset'),
);
/** Values of GORACE, right and wrong. */
const GORACE = [
  ...[
    'exitcode=abc',
    'exitcode=',
    'exitcode=0x10',
    'exitcode=99999999999',
    'exitcode=+5',
    'exitcode= 7',
    'exitcode=300',
    'exitcode=7 foo',
    '=',
    '=5',
  ],
  ...[
    'halt_on_error=1',
    'halt_on_error=yes',
    'halt_on_error=2',
    'report_bugs=',
    'report_bugs=0',
    'report_atomic_races=0',
    'log_path=stdout exitcode=9',
  ],
  ...[
    'history_size=x',
    'history_size=-1',
    'history_size=2',
    'history_size=99',
    'io_sync=3',
    'suppress_equal_stacks=0',
    'suppress_equal_addresses=0',
  ],
  ...[
    'suppress_equal_stacks=0,suppress_equal_addresses=0',
    'strip_path_prefix=x.',
    "exitcode='7",
    'handle_segv=9',
    'nosuch=1',
    'exitcode_2=1',
  ],
];
/** Scripts that were never recorded. */
const FRESH = 6;
const BATCH = 100;

it('enough scripts are recorded', () => {
  expect(recorded.filter(({ kind }) => kind === 'short').length).toBeGreaterThanOrEqual(2000);
  expect(recorded.filter(({ kind }) => kind === 'long').length).toBeGreaterThanOrEqual(10);
});

describe.each(RECORDED_RELEASES)('Go %s', (release, toolchain) => {
  const batches = Array.from({ length: Math.ceil(sample.length / BATCH) }, (_, index) => sample.slice(index * BATCH, (index + 1) * BATCH));

  it.each(batches)('recorded scripts from $kind $name on', { timeout: 600_000 }, (...batch) => {
    const differing = batch
      .filter(script => digest(replayModel(scriptOf(script.kind, script.name), release)) !== script.digests.get(release))
      .map(({ kind, name }) => `${kind} ${name}`);
    expect(differing).toEqual([]);
  });

  const absent = missing(toolchain, 'gcc');
  it.skipIf(absent !== undefined)(`live${absent === undefined ? '' : `: ${absent}`}`, { timeout: 3_600_000 }, () => {
    const short = scriptOf('made', 'equal');
    for (const value of GORACE) {
      const gorace = `atexit_sleep_ms=0 ${value}`;
      expect({ value, ...replayModel(short, release, gorace) }).toEqual({
        value,
        ...replayReal(buildRaceOracle(toolchain)!, short, gorace),
      });
    }
    const scripts = all
      ? recorded.map(({ kind, name }) => scriptOf(kind, name))
      : Array.from({ length: FRESH }, (_, index) => randomScript(1_000_000 + index));
    // A cell is stored to where the race runtime for GOAMD64=v3 does so.
    scripts.push(scriptOf('short', '32'));
    for (const vectors of [false, true]) {
      const oracle = buildRaceOracle(toolchain, vectors);
      if (oracle === undefined) continue;
      for (const script of scripts) expect(replayModel(script, release, '', vectors)).toEqual(replayReal(oracle, script));
    }
  });
});

/** Between those two: the same object file, whose structures and decisions are those of later ones. */
describe.each<readonly [string, Toolchain]>([
  ['1.20', 'go1.20.14'],
  ['1.21', 'go1.21.13'],
])('Go %s', (release, toolchain) => {
  const absent = missing(toolchain, 'gcc');
  it.skipIf(absent !== undefined)(`live${absent === undefined ? '' : `: ${absent}`}`, { timeout: 600_000 }, () => {
    const scripts = ['victims', 'edges', 'heap', 'equal'].map(name => scriptOf('made', name));
    scripts.push(...Array.from({ length: FRESH }, (_, index) => randomScript(2_000_000 + index)));
    for (const vectors of [false, true]) {
      const oracle = buildRaceOracle(toolchain, vectors)!;
      for (const script of scripts) expect(replayModel(script, release, '', vectors)).toEqual(replayReal(oracle, script));
    }
  });
});
