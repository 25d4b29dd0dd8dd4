/** The debugger's outside in a page: there are no files beside those that were given, and what would be kept is kept nowhere. */
import { CommandError } from '../../debugger/errors.js';
import type { Host } from '../../debugger/session/host.js';
import { AwaitedInput, type InputClock } from '../../host/awaited-input.js';
import { utf8Text } from '../../host/bytes.js';
import { type HostFiles, wholeFile } from '../../host/files.js';
import { resolve } from '../../host/path.js';
import type { Ports } from '../../host/ports.js';

/** Instructions that may be run again to say more of a stop. */
const AGAIN = 2_000_000;
/** Source files larger than this are not read: they are not sources. */
const MOST_SOURCE = 16 * 2 ** 20;

/** Lets messages in: those that came before this one are handed out first. No timer would be as quick. */
const channel = new MessageChannel();
const waiting: (() => void)[] = [];
// Node's types do not know that its ports have this too.
(channel.port1 as { onmessage?: (() => void) | null }).onmessage = () => waiting.shift()?.();
const soon = (action: () => void): void => {
  waiting.push(action);
  channel.port2.postMessage(undefined);
};

export const after = (milliseconds: number, action: () => void): (() => void) => {
  const timer = setTimeout(action, milliseconds);
  return () => clearTimeout(timer);
};

const PAGE_CLOCK: InputClock = { soon, after };

export interface WebHostOptions {
  /** r14's. */
  readonly version: string;
  /** What was given to the page. */
  readonly files: HostFiles;
  /** Where it lies. */
  readonly cwd: string;
  readonly pack: NonNullable<Ports['pack']>;
  /** See Host.comesAgain. */
  readonly again: string | undefined;
}

export function webHost({ version, files, cwd, pack, again }: WebHostOptions): Host {
  const read = (path: string): Uint8Array | undefined => {
    const real = resolve(cwd, path);
    const stat = files.stat(real);
    if (stat === undefined || stat.size > MOST_SOURCE) return undefined;
    const handle = files.open(real, { access: 'read' }, 0);
    return wholeFile(files, handle);
  };
  const given = (path: string): Uint8Array => {
    const bytes = read(path);
    if (bytes === undefined) throw new CommandError(`cannot read ${path}: no such file was given to this page`);
    return bytes;
  };
  return {
    breathe: () => new Promise(soon),
    now: () => performance.now(),
    typed: new AwaitedInput(PAGE_CLOCK, false),
    openInput: given,
    readSource: path => {
      const bytes = read(path);
      return bytes && utf8Text(bytes);
    },
    readScript: path => utf8Text(given(path)),
    writeFile: unwritten,
    appendFile: unwritten,
    again: AGAIN,
    ...(again === undefined ? {} : { comesAgain: again }),
    notesCourse: true,
    version,
    links: { page: new URL(/* @vite-ignore */ '..', import.meta.url).href, pack },
    debug: false,
    settingsFile: '',
    readSettings: () => '',
    changeSettings: unwritten,
  };
}

function unwritten(): never {
  throw new CommandError('a page writes no files: r14 in a terminal does');
}
