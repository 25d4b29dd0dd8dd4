import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CommandError } from '../debugger/errors.js';
import type { AwaitedClients, Host, TypedInput } from '../debugger/session/host.js';
import { hostReason } from '../host/files.js';
import { makeFolder } from '../host/node/folder.js';
import { fileInput } from '../host/node/input.js';
import { changeFile, replaceFile } from '../host/node/kept.js';
import { version } from '../host/node/package.js';
import { nodePorts } from '../host/node/ports.js';
import { readRegular } from '../host/node/regular.js';

/** Source files larger than this are not read: they are not sources. */
const MOST_SOURCE = 16 * 2 ** 20;

/** Refuses other bytes: they would not be written back as they were. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The debugger's outside on this machine. */
export function nodeHost(typed?: TypedInput, again = 0, notesCourse = false, clients?: AwaitedClients): Host {
  const settingsFile = join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'r14/settings');
  return {
    breathe: () => new Promise(resolve => setImmediate(resolve)),
    // Of the process's own clock: that of `performance` is loaded first.
    now: () => process.uptime() * 1000,
    ...(typed === undefined ? {} : { typed }),
    ...(clients === undefined ? {} : { clients }),
    openInput: path => reaching('read', path, () => fileInput(path)),
    readSource: path => {
      try {
        return readRegular(path, MOST_SOURCE).toString('utf8');
      } catch {
        return undefined;
      }
    },
    readScript: path => reaching('read', path, () => readFileSync(path, 'utf8')),
    writeFile: (path, contents) => reaching('write', path, () => replaceFile(path, contents)),
    appendFile: (path, text) => reaching('write', path, () => appendFileSync(inFolder(path), text)),
    links: { page: process.env.R14_PAGE || 'http://localhost:8014/', pack: nodePorts.pack! },
    get version() {
      return version();
    },
    again,
    notesCourse,
    debug: process.env.R14_DEBUG === '1',
    settingsFile,
    readSettings: () =>
      reaching('read', settingsFile, () => (existsSync(settingsFile) ? UTF8.decode(readRegular(settingsFile, MOST_SOURCE)) : '')),
    changeSettings: change =>
      reaching('write', settingsFile, () =>
        changeFile(settingsFile, before => change(before === undefined ? '' : reaching('read', settingsFile, () => UTF8.decode(before)))),
      ),
  };
}

/** Reads or writes a file; when that cannot be, it is the command's error. */
export function reaching<T>(what: 'read' | 'write', path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new CommandError(`cannot ${what} ${path}: ${hostReason(error)}`);
  }
}

/** Of the system, or of a decoder that met other text: both have a code, as faults of r14's own have none. */
export const isSystemError = (error: unknown): boolean => error instanceof Error && 'code' in error;

/** A path whose folder has been made. */
function inFolder(path: string): string {
  makeFolder(dirname(path));
  return path;
}
