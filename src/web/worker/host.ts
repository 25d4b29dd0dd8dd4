/** The debugger's outside in a page: there are no files beside those that were given, and what is written is handed to the reader. */
import { CommandError } from '../../debugger/errors.js';
import type { Host } from '../../debugger/session/host.js';
import { AwaitedInput, type InputClock } from '../../host/awaited-input.js';
import { utf8Text } from '../../host/bytes.js';
import { type FilePiece, type HostFiles, wholeFile } from '../../host/files.js';
import { basename, resolve } from '../../host/path.js';
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
  /** Gives the reader a file. */
  readonly hand: (name: string, content: Blob) => void;
  /** See Host.comesAgain. */
  readonly again: string | undefined;
}

export function webHost({ version, files, cwd, pack, hand, again }: WebHostOptions): Host {
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
    writeFile: (path, contents) => hand(basename(path), new Blob(typeof contents === 'string' ? [contents] : whole(contents))),
    appendFile: unwritten,
    again: AGAIN,
    savesWhole: true,
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

/** Bytes of the largest file that is handed out. */
const MOST_WRITTEN = 2 ** 29;

/** All of a file, from its beginning. Throws CommandError. */
function whole(pieces: Iterable<FilePiece>): Uint8Array<ArrayBuffer>[] {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let end = 0;
  for (const { at, bytes } of pieces) {
    const next = at + bytes.length;
    if (next > MOST_WRITTEN)
      throw new CommandError(`that would be a file of more than ${MOST_WRITTEN / 2 ** 20} MB: r14 in a terminal writes it`);
    if (at > end) parts.push(new Uint8Array(at - end));
    parts.push(new Uint8Array(bytes));
    end = next;
  }
  return parts;
}

function unwritten(): never {
  throw new CommandError('a page changes no files, and writes only whole ones: r14 in a terminal does');
}
