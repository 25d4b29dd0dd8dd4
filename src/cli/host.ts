import { readFileSync, statSync, writeFileSync } from 'node:fs';
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
    writeFile: (path, text) => writeFileSync(path, text),
    show,
  };
}
