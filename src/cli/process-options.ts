import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { CPU_LEVELS, type CpuLevel } from '../cpu/cpuid.js';
import { ENGINES, type EngineName, preferTiers } from '../cpu/tier.js';
import type { LaunchOptions } from '../debugger/session/launcher.js';
import { nodePorts } from '../host/node/ports.js';
import { environmentFlag, numberFlag, type Parsed, raceFlag, sizeFlag, timeFlag, UsageError } from './flags.js';
import { forwardFlag } from './forward.js';
import { reaching } from './host.js';

/** V8 optimises a function of a region when it has run for a while: what is compiled is hot, and what `start.ts` says of the interpreter is not for it. */
const OPTIMISE_SOON = '--wasm-tiering-budget=1800000';

/** Has the engine that R14_ENGINE names run what is started from now on, and each region that is compiled written to R14_JIT_DUMP. */
function chooseEngine(): void {
  const { R14_ENGINE: engine, R14_JIT_DUMP: folder } = process.env;
  if (engine !== undefined && !ENGINES.includes(engine as EngineName))
    throw new UsageError(`R14_ENGINE is '${engine}': it can be ${ENGINES.join(', ')}`);
  preferTiers({
    onBegin: () => setFlagsFromString(OPTIMISE_SOON),
    ...(engine === undefined ? {} : { engine: engine as EngineName }),
    ...(folder === undefined ? {} : { onRegion: (name, text) => reaching('write', folder, () => writeFileSync(join(folder, name), text)) }),
  });
}

/** The processor that is wanted; undefined: none is named. */
export function cpuFlag(parsed: Parsed): CpuLevel | undefined {
  const name = parsed.values.get('cpu')?.[0];
  if (name === undefined || (CPU_LEVELS as readonly string[]).includes(name)) return name as CpuLevel | undefined;
  throw new UsageError(`--cpu is '${name}': it can be ${CPU_LEVELS.join(', ')}`);
}

/** What the flags say of the program's process. */
export function processOptions(parsed: Parsed, path: string): LaunchOptions {
  chooseEngine();
  const env = environmentFlag(parsed);
  const seed = numberFlag(parsed, 'seed', 0);
  const cpu = cpuFlag(parsed);
  const cpus = numberFlag(parsed, 'cpus', 1);
  const memory = sizeFlag(parsed, 'memory');
  const variant = parsed.values.get('variant')?.[0];
  const race = raceFlag(parsed);
  const sysroot = parsed.values.get('sysroot')?.[0];
  const allowRead = parsed.values.get('allow-read');
  const allowWrite = parsed.values.get('allow-write');
  const allowExec = parsed.values.get('allow-exec');
  const processes = numberFlag(parsed, 'processes', 1);
  const netDelay = timeFlag(parsed, 'net-delay');
  const netLoss = numberFlag(parsed, 'net-loss', 0);
  const forward = forwardFlag(parsed);
  const overlay = parsed.values.get('overlay');
  return {
    host: nodePorts,
    logged: parsed.command !== 'run',
    ...(variant === undefined && race === undefined
      ? {}
      : { bundled: { ...(variant === undefined ? {} : { variant }), ...(race === undefined ? {} : { race }) } }),
    cwd: process.cwd(),
    path,
    args: [path, ...parsed.args],
    ...(env === undefined ? {} : { env }),
    ...(seed === undefined ? {} : { seed }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(memory === undefined ? {} : { memory }),
    ...(sysroot === undefined ? {} : { sysroot }),
    ...(allowRead === undefined ? {} : { allowRead }),
    ...(allowWrite === undefined ? {} : { allowWrite }),
    ...(allowExec === undefined ? {} : { allowExec }),
    ...(processes === undefined ? {} : { processes }),
    ...(netDelay === undefined ? {} : { netDelay }),
    ...(netLoss === undefined ? {} : { netLoss }),
    ...(forward === undefined ? {} : { forward: forward.map(({ guest }) => guest) }),
    ...(overlay === undefined ? {} : { overlay }),
  };
}
