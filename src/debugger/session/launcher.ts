/** Starts processes for a session, of a file or of an assembled program, and reads their symbols. */
import { elfBytes } from '../../asm/elf.js';
import { LoggedFiles, type SavedFileLog } from '../../host/log.js';
import { basename } from '../../host/path.js';
import type { Ports } from '../../host/ports.js';
import type { Image } from '../../image/api.js';
import { assembledImage } from '../../image/assembled.js';
import { FormatError } from '../../image/bytes.js';
import { openImage } from '../../image/image.js';
import { Images } from '../../image/images.js';
import type { LoadedObject, Process, ProcessOptions } from '../../linux/api.js';
import { resumeProcess, startProcess } from '../../linux/process.js';
import type { Runnable } from '../../runtime/bundled/detected.js';
import type { Launcher } from './host.js';
import type { StartedWith } from './recording.js';
import type { SharedStart } from './shared-run.js';

/** All but its input and output, which are said when it is launched. */
export interface LaunchOptions extends Omit<ProcessOptions, 'stdin' | 'output' | 'clients'> {
  /** A process keeps what it took from the host's files: it can be gone back in. */
  readonly logged?: boolean;
  /** What such a log begins with: of a run that is done again. */
  readonly files?: SavedFileLog;
  /** Of a bundled program. */
  readonly bundled?: StartedWith['bundled'];
}

/** What processes that keep it took from the host's files, and what they were started with. */
const recorded = new WeakMap<
  Process,
  { readonly log: LoggedFiles; readonly started: StartedWith; readonly program: () => string; readonly digest: Ports['digest'] }
>();

function started(given: LaunchOptions, ...[args, output, stdin, clients]: Parameters<Launcher['launch']>): Process {
  const { logged, files, bundled, ...options } = given;
  const log = logged ? new LoggedFiles(options.host.files, files) : undefined;
  const all = { ...options, ...(args === undefined ? {} : { args: [options.path, ...args] }) };
  const process = startProcess({
    ...all,
    ...(log === undefined ? {} : { host: { ...options.host, files: log } }),
    ...(stdin === undefined ? {} : { stdin }),
    ...(clients === undefined ? {} : { clients }),
    output,
  });
  if (log !== undefined) {
    const { host, program, extension: _, ...plain } = all;
    const sum = () => {
      const digest = host.digest();
      digest.update(program ?? process.objects[0]!.bytes());
      return digest.hex();
    };
    recorded.set(process, {
      log,
      started: { ...plain, cpu: process.cpu.level, ...(bundled === undefined ? {} : { bundled }) },
      program: sum,
      digest: host.digest,
    });
  }
  return process;
}

/** For a recording; undefined: the process keeps nothing of the kind. */
export const startOf = (process: Process) => recorded.get(process);

/** Whether a link can say all that a run was started with: nothing of it is the host's own. */
export const isSharable = ({ env, allowRead, allowWrite, overlay, ...more }: LaunchOptions): boolean =>
  [env, allowRead, allowWrite, overlay, more.allowExec, more.processes, more.netDelay, more.netLoss, more.forward].every(
    each => each === undefined,
  );

/** What a link says of it. */
export const sharedStart = ({ args = [], seed, cpu, cpus }: LaunchOptions): SharedStart => ({
  ...(args.length <= 1 ? {} : { args: args.slice(1) }),
  ...(seed === undefined ? {} : { seed }),
  ...(cpu === undefined ? {} : { cpu }),
  ...(cpus === undefined ? {} : { cpus }),
});

/** The options that a link asks for. */
export const startOptions = (path: string, { args, seed, cpu, cpus }: SharedStart): Partial<LaunchOptions> => ({
  ...(args === undefined ? {} : { args: [path, ...args] }),
  ...(seed === undefined ? {} : { seed }),
  ...(cpu === undefined ? {} : { cpu }),
  ...(cpus === undefined ? {} : { cpus }),
});

/** Starts processes of an assembled program; what the assembler knows are its symbols. */
export function assembledLauncher(program: Runnable, given: LaunchOptions): Launcher {
  const options = { bundled: {}, ...given, ...(program.extension === undefined ? {} : { extension: program.extension }) };
  const bytes = elfBytes(program);
  const images = new Images();
  images.add(assembledImage(program, options.path));
  return {
    launch: (...how) => started({ ...options, program: bytes }, ...how),
    resume: (saved, output) => resumeProcess(saved.bytes(), { ...options, output }),
    images: () => images,
    source: path => program.sources.get(path),
    shared: () => (isSharable(options) ? { kind: 'bundled', name: options.path, ...options.bundled } : undefined),
    sharedStart: sharedStart(options),
    ...(program.instrumented === undefined ? {} : { instrumented: program.instrumented }),
  };
}

/** Starts processes of one program, and reads the symbols of each file once. */
export function launcher(options: LaunchOptions): Launcher {
  const opened = new Map<string, Image | string>();
  return {
    launch: (...how) => started(options, ...how),
    resume: (saved, output) => resumeProcess(saved.bytes(), { ...options, output }),
    images: objects => {
      const images = new Images();
      for (const object of objects) {
        const key = `${object.path}@${object.bias}`;
        if (!opened.has(key)) opened.set(key, open(object, options.host));
        const image = opened.get(key)!;
        if (typeof image !== 'string') images.add(image);
        else images.unreadable.push({ path: object.path, bias: object.bias, problem: image });
      }
      return images;
    },
    source: () => undefined,
    shared: process =>
      isSharable(options) ? { kind: 'binary', name: basename(options.path), sum: startOf(process)?.program() ?? '' } : undefined,
    sharedStart: sharedStart(options),
  };
}

/** The image, or what is wrong with a library whose tables cannot be read at all: it still runs, and only has no names. */
function open(object: LoadedObject, { unpack }: Ports): Image | string {
  try {
    return openImage(object.bytes(), object.path, object.bias, unpack);
  } catch (error) {
    if (object.role !== 'library' || !(error instanceof FormatError)) throw error;
    return error.message;
  }
}
