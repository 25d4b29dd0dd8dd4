/**
 * Lessons for programs of the reader's own: `programs/real/NAME.md`. Each begins with the functions that a program has which it is about,
 * between two lines `---`: `fits: NAME...`.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { type Lesson, parseLesson } from '../debugger/lesson/lesson.js';
import type { LessonStage } from '../debugger/lesson/run.js';
import type { Launcher } from '../debugger/session/host.js';
import { launcher } from '../debugger/session/launcher.js';
import { nodeAssets } from '../host/node/assets.js';
import { nodePorts } from '../host/node/ports.js';
import { Told } from '../host/told.js';
import { openImage } from '../image/image.js';
import type { Parsed } from './flags.js';
import { processOptions } from './process-options.js';
import { programBytes } from './program-bytes.js';

const FOLDER = 'programs/real';
const FITS = /^---\r?\nfits: *(.+?)\r?\n---\r?\n/;
const ELF_MAGIC = '\x7fELF';

/** A lesson, and how its programs are started. */
export interface LessonSource {
  /** What it is called where its progress is kept. */
  readonly key: string;
  readonly name: string;
  readonly lesson: Lesson;
  readonly launch: (variant: string | undefined, race: boolean | undefined) => Launcher;
  /** Of a lesson with files beside it. */
  readonly tried?: NonNullable<LessonStage['tried']>;
}

interface RealLesson {
  /** In the package. */
  readonly file: string;
  /** Its lines are the file's: what stands in front of it is blank. */
  readonly text: string;
  /** Functions that a program has which it is about. */
  readonly fits: readonly string[];
}

/** The more functions a lesson asks for, the more it is about: it is tried first. */
function realLessons(): readonly RealLesson[] {
  return nodeAssets
    .list(FOLDER)
    .filter(name => name.endsWith('.md'))
    .map((name): RealLesson => {
      const file = `${FOLDER}/${name}`;
      const text = new TextDecoder().decode(nodeAssets.read(file));
      const [head = '', names = ''] = FITS.exec(text) ?? [];
      return { file, text: `${'\n'.repeat(head.split('\n').length - 1)}${text.slice(head.length)}`, fits: names.split(' ') };
    })
    .sort((a, b) => b.fits.length - a.fits.length);
}

export function isElf(path: string): boolean {
  if (!statSync(path).isFile()) return false;
  const file = openSync(path, 'r');
  try {
    const start = Buffer.alloc(ELF_MAGIC.length);
    return readSync(file, start, 0, start.length, 0) === start.length && start.toString('latin1') === ELF_MAGIC;
  } finally {
    closeSync(file);
  }
}

/** The lesson that fits the program at `path`. Throws Told where there is none. */
export function realLesson(parsed: Parsed, path: string): LessonSource {
  const image = openImage(programBytes(path), path, 0n, nodePorts.unpack);
  const fitting = realLessons().find(({ fits }) => fits.every(name => image.functionsNamed(name).length > 0));
  if (fitting === undefined)
    throw new Told(`${path}: there is no lesson about such a program: those there are want Go's ${realLessons().at(-1)!.fits.join(', ')}`);
  const started = launcher(processOptions(parsed, path));
  return { key: resolve(path), name: basename(path), lesson: parseLesson(fitting.file, fitting.text), launch: () => started };
}
