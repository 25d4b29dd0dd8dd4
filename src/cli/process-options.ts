import type { LaunchOptions } from '../debugger/session/launcher.js';
import { nodePorts } from '../host/node/ports.js';
import { environmentFlag, numberFlag, type Parsed, sizeFlag } from './flags.js';

/** What the flags say of the program's process. */
export function processOptions(parsed: Parsed, path: string): LaunchOptions {
  const env = environmentFlag(parsed);
  const seed = numberFlag(parsed, 'seed', 0);
  const cpus = numberFlag(parsed, 'cpus', 1);
  const memory = sizeFlag(parsed, 'memory');
  const sysroot = parsed.values.get('sysroot')?.[0];
  const allowRead = parsed.values.get('allow-read');
  const allowWrite = parsed.values.get('allow-write');
  return {
    host: nodePorts,
    cwd: process.cwd(),
    path,
    args: [path, ...parsed.args],
    ...(env === undefined ? {} : { env }),
    ...(seed === undefined ? {} : { seed }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(memory === undefined ? {} : { memory }),
    ...(sysroot === undefined ? {} : { sysroot }),
    ...(allowRead === undefined ? {} : { allowRead }),
    ...(allowWrite === undefined ? {} : { allowWrite }),
  };
}
