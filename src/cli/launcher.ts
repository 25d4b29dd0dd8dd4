import { elfBytes } from '../asm/elf.js';
import type { Assembled } from '../asm/program.js';
import type { Launcher } from '../debugger/session/host.js';
import { nodePorts } from '../host/node/ports.js';
import type { Ports } from '../host/ports.js';
import type { Image } from '../image/api.js';
import { assembledImage } from '../image/assembled.js';
import { FormatError } from '../image/bytes.js';
import { openImage } from '../image/image.js';
import { Images } from '../image/images.js';
import type { LoadedObject, Process, ProcessOptions } from '../linux/api.js';
import { onceOnly } from '../linux/output.js';
import { startProcess } from '../linux/process.js';
import { environmentFlag, numberFlag, type Parsed, sizeFlag } from './flags.js';

type Streams = Pick<ProcessOptions, 'output' | 'stdin'>;

/** What the flags say of the program's process. */
export function processOptions(parsed: Parsed, path: string, streams: Streams): ProcessOptions {
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
    ...streams,
    ...(env === undefined ? {} : { env }),
    ...(seed === undefined ? {} : { seed }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(memory === undefined ? {} : { memory }),
    ...(sysroot === undefined ? {} : { sysroot }),
    ...(allowRead === undefined ? {} : { allowRead }),
    ...(allowWrite === undefined ? {} : { allowWrite }),
  };
}

const started = (options: ProcessOptions): Process => startProcess({ ...options, output: onceOnly(options.output) });

/** Starts processes of an assembled program; what the assembler knows are its symbols. */
export function assembledLauncher(program: Assembled, options: ProcessOptions): Launcher {
  const bytes = elfBytes(program);
  const images = new Images();
  images.add(assembledImage(program, options.path));
  const start = (more: Partial<ProcessOptions>) => started({ ...options, program: bytes, ...more });
  return {
    launch: args => start(args === undefined ? {} : { args: [options.path, ...args] }),
    launchUnseen: () => start({ output: () => undefined }),
    images: () => images,
    source: path => program.sources.get(path),
  };
}

/** Starts processes of one program, and reads the symbols of each file once. */
export function launcher(options: ProcessOptions): Launcher {
  const opened = new Map<string, Image | string>();
  return {
    launch: args => started(args === undefined ? options : { ...options, args: [options.path, ...args] }),
    launchUnseen: () => started({ ...options, output: () => undefined }),
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
