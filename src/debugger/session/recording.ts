/**
 * A run in a file: what it was started with and what it was given, so that it comes to the same place elsewhere. Two lines of JSON: the first names the
 * format and the sum of the second. What was read of files that lie on the host is named by path, place and sum, unless all is to be in the file.
 */
import type { CpuLevel } from '../../cpu/cpuid.js';
import { fromBase64, toBase64 } from '../../host/bytes.js';
import type { ClientLog } from '../../host/clients.js';
import type { Digest } from '../../host/digest.js';
import type { HostFiles } from '../../host/files.js';
import type { InputLog } from '../../host/input-log.js';
import type { LoggedCall, SavedFileLog } from '../../host/log.js';
import { Told } from '../../host/told.js';

/** A file that is no recording, or is damaged, or does not fit what is there: the message says so in one line. */
export class RecordingError extends Told {
  override name = 'RecordingError';
}

/** What a process was started with: plain data. */
export interface StartedWith {
  readonly path: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly sysroot?: string;
  readonly seed?: number;
  /** The processor; those that name none had v2. */
  readonly cpu?: CpuLevel;
  readonly cpus?: number;
  readonly memory?: number;
  readonly allowRead?: readonly string[];
  readonly allowWrite?: readonly string[];
  readonly overlay?: readonly string[];
  readonly allowExec?: readonly string[];
  readonly processes?: number;
  readonly netDelay?: number | undefined;
  readonly netLoss?: number | undefined;
  readonly forward?: readonly number[];
  /** Of a bundled program. */
  readonly bundled?: { readonly variant?: string; readonly race?: boolean };
}

export interface Recording {
  /** r14's version. */
  readonly made: string;
  readonly started: StartedWith;
  /** SHA-256 of the program's file. */
  readonly program: string;
  readonly input: ReturnType<InputLog['record']>;
  /** Absent: no client from outside could reach it. */
  readonly clients?: ReturnType<ClientLog['record']>;
  readonly files: SavedFileLog;
  readonly moment: { readonly t: number; readonly signal?: number | undefined; readonly hash: string; readonly process?: number };
  readonly marks: readonly { readonly t: number; readonly signal?: number | undefined; readonly note: string }[];
  /** Commands that set the breakpoints. */
  readonly commands: readonly string[];
}

const FORMAT = 'r14 recording';
const VERSION = 1;
/** Bytes of an answer that stand in the file themselves. */
const SMALL = 512;

const sumOf = (digest: () => Digest, data: Uint8Array | string): string => {
  const sum = digest();
  sum.update(data);
  return sum.hex();
};

/** As text. `whole`: with all that was read of the host's files, the program's among them. */
export function recordingText(recording: Recording, digest: () => Digest, whole: boolean): string {
  const { files } = recording;
  const paths = new Map(files.opened.map(([handle, { path }]) => [handle, path]));
  const calls = files.calls.map((each): LoggedCall => {
    const { call, args, answer } = each;
    const path = paths.get(args[0] as number);
    if (whole || call !== 'read' || !(answer instanceof Uint8Array) || answer.length <= SMALL || path === undefined) return each;
    return { call, args, answer: { $file: path, offset: args[1], length: answer.length, sum: sumOf(digest, answer) } };
  });
  const body = JSON.stringify(plain({ ...recording, files: { ...files, calls, pages: whole ? files.pages : [] } }));
  return `${JSON.stringify({ format: FORMAT, version: VERSION, sum: sumOf(digest, body) })}\n${body}\n`;
}

/** JSON has no bytes, and no number without end. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bytes: toBase64(value) };
  if (value === Number.POSITIVE_INFINITY) return { $endless: true };
  if (typeof value === 'bigint') return { $int: `${value}` };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
  return value;
}

interface Where {
  /** The recording's own path, for messages. */
  readonly name: string;
  readonly digest: () => Digest;
  readonly host: HostFiles;
  /** Where the program lies now; undefined: where it lay. */
  readonly program: string | undefined;
}

/** The recording that a text is. Throws RecordingError. */
export function parseRecording(text: string, where: Where): Recording {
  const refuse = (why: string): never => {
    throw new RecordingError(`${where.name}: ${why}`);
  };
  const [head = '', body = ''] = text.split('\n');
  let about: { format?: unknown; version?: unknown; sum?: unknown } = {};
  try {
    about = JSON.parse(head) as typeof about;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (about?.format !== FORMAT) refuse('it is no recording of r14 (save FILE.r14 makes one)');
  if (about.version !== VERSION) refuse(`it has version ${about.version}, this r14 reads version ${VERSION}`);
  if (about.sum !== sumOf(where.digest, body)) refuse('it is damaged: its contents do not have the sum that its first line tells');
  const { started } = JSON.parse(body) as Recording;
  const lies = (path: string): string => (where.program !== undefined && path.endsWith(started.path) ? where.program : path);
  return restored(JSON.parse(body), (path, offset, length, sum) => {
    const there = lies(path);
    let bytes = new Uint8Array();
    try {
      const file = where.host.open(there, { access: 'read' }, 0);
      bytes = where.host.read(file, offset, length).slice();
      where.host.close(file);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      refuse(
        `it wants ${there}, which cannot be read (${error.message}); r14 replay FILE PROGRAM names the program, and save -with-binary takes all along`,
      );
    }
    if (sumOf(where.digest, bytes) !== sum) refuse(`it wants ${there} as it was; that has changed since`);
    return bytes;
  }) as Recording;
}

type ReadThere = (path: string, offset: number, length: number, sum: string) => Uint8Array;

function restored(value: unknown, read: ReadThere): unknown {
  if (Array.isArray(value)) return value.map(each => restored(each, read));
  if (typeof value !== 'object' || value === null) return value;
  const { $bytes, $endless, $int, $file, offset, length, sum } = value as Record<string, unknown>;
  if (typeof $bytes === 'string') return fromBase64($bytes);
  if ($endless === true) return Number.POSITIVE_INFINITY;
  if (typeof $int === 'string') return BigInt($int);
  if (typeof $file === 'string') return read($file, Number(offset), Number(length), String(sum));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, restored(each, read)]));
}
