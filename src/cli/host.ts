import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CommandError } from '../debugger/errors.js';
import type { Host } from '../debugger/session.js';

/** Source files larger than this are not read: they are not sources. */
const MOST_SOURCE = 64 * 2 ** 20;

/** The debugger's outside on this machine. `show` is where text goes while a command still runs. */
export function nodeHost(show: (text: string) => void): Host {
  return {
    breathe: () => new Promise(resolve => setImmediate(resolve)),
    readSource: path => {
      try {
        const { size } = statSync(path);
        return size > MOST_SOURCE ? undefined : readFileSync(path, 'utf8');
      } catch {
        return undefined;
      }
    },
    readScript: path => readFileSync(path, 'utf8'),
    writeFile: (path, text) => writing(path, () => writeFileSync(path, text)),
    appendFile: (path, text) => writing(path, () => appendFileSync(path, text)),
    settingsFile: join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'r14/settings'),
    show,
  };
}

/** Writes to a file, making its folder; a file that cannot be written is the command's error. */
function writing(path: string, write: () => void): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    write();
  } catch (error) {
    throw new CommandError(`cannot write ${path}: ${(error as Error).message}`);
  }
}
