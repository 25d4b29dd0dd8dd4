/** `r14 info --self`: what r14 runs on, for a report of what went wrong. Nothing of the user's is in it but paths of r14's own. */
import { existsSync } from 'node:fs';
import { availableParallelism, release, totalmem } from 'node:os';
import { tierOptions } from '../cpu/tier.js';
import { version } from '../host/node/package.js';
import { nodeHost } from './host.js';
import { writeOut } from './output.js';

const GIBIBYTE = 2 ** 30;

const engine = (): string => process.env.R14_ENGINE ?? tierOptions().engine;

/** What `r14 --version` prints: `r14 0.2.0 (Node 20.20.2, V8 11.3.244.8-node.38, engine jit)`. */
export function versionLine(): string {
  const { node, v8 } = process.versions;
  return `r14 ${version()} (Node ${node}, V8 ${v8}, engine ${engine()})`;
}

/** Each with what it is called in JSON. */
function facts(): readonly (readonly [name: string, title: string, value: string | number | null])[] {
  const { env, versions, platform, arch, stdout } = process;
  const { settingsFile } = nodeHost();
  return [
    ['version', 'r14', version()],
    ['node', 'Node', versions.node],
    ['v8', 'V8', versions.v8],
    ['system', 'system', `${platform} ${release()} ${arch}`],
    ['cpus', 'processors', availableParallelism()],
    ['memory', 'memory', `${(totalmem() / GIBIBYTE).toFixed(1)} GiB`],
    ['engine', 'engine', engine()],
    ['nodeOptions', 'NODE_OPTIONS', env.NODE_OPTIONS ?? null],
    ['terminal', 'terminal', stdout.isTTY ? `${env.TERM ?? 'of no name'}, ${stdout.columns}x${stdout.rows}` : 'none'],
    ['locale', 'locale', env.LC_ALL || env.LC_CTYPE || env.LANG || null],
    ['settings', 'settings', existsSync(settingsFile) ? settingsFile : null],
  ];
}

export function selfCommand(json: boolean): number {
  const all = facts();
  if (json) writeOut(1, `${JSON.stringify(Object.fromEntries(all.map(([name, , value]) => [name, value])))}\n`);
  else writeOut(1, all.map(([, title, value]) => `${title.padEnd(13)} ${value ?? '-'}\n`).join(''));
  return 0;
}
