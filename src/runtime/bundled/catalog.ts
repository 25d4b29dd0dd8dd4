/** The programs that come with r14: Go assembly in `programs/NAME/`, on the small Go runtime of this folder. */
import { assemble, type SourceFile } from '../../asm/assemble.js';
import { Encodings } from '../../asm/encodings.js';
import type { Assets } from '../../host/assets.js';
import { utf8Text } from '../../host/bytes.js';
import { Told } from '../../host/told.js';
import { type Instrumented, racePass } from '../instrument/pass.js';
import { RELEASE, type Runnable, withDetector } from './detected.js';

/** `programs/NAME/program.json`. */
interface Manifest {
  readonly title: string;
  readonly sources: readonly { readonly file: string; readonly package: string }[];
  readonly declarations: readonly string[];
  /** Variant -> the names that are defined for it; the first is the default. */
  readonly variants: Readonly<Record<string, readonly string[]>>;
  /** Whether there is a -race build of it, which is then the default. */
  readonly race: boolean;
  /** The lesson's place in the course, and how long it takes, in minutes. */
  readonly course?: { readonly place: number; readonly minutes: number };
}

export interface CourseLesson {
  readonly name: string;
  readonly title: string;
  readonly minutes: number;
}

export interface BundledProgram {
  readonly name: string;
  readonly title: string;
  readonly variants: readonly string[];
  readonly race: boolean;
}

export interface BundledOptions {
  readonly variant?: string | undefined;
  readonly race?: boolean | undefined;
  /** False: a -race build whose functions are as they are written. */
  readonly instrument?: boolean;
}

/** A name or variant that does not exist; the message lists those that do. */
class CatalogError extends Told {
  override name = 'CatalogError';
}

/** Sources of the runtime, in the order of its text. */
const RUNTIME = ['asm.s', 'proc.s', 'mem.s', 'signal.s', 'chan.s', 'select.s', 'sema.s', 'map.s', 'race.s', 'tsan.s'];

/** Packages besides. */
const LIBRARY = [
  // In Go they are in the runtime's race_amd64.s.
  { file: 'atomic.s', declarations: 'atomic.go', package: 'runtime' },
  { file: 'sync.s', declarations: 'sync.go', package: 'sync' },
] as const;

/** What the build has encoded, beside it. */
export const ENCODINGS = 'encodings.json';

const manifestPath = (name: string): string => `programs/${name}/program.json`;

/** Whether sources have a use for the runtime's packages: what those declare is then declared for them, too. */
export const namesPackages = (sources: readonly SourceFile[]): boolean =>
  sources.some(({ text }) => text.includes('#include "go.h"') || /sync[·∕]/.test(text));

/** Of the assets it takes `programs/` and `src/runtime/bundled/`. */
export class Catalog {
  #encodings: Encodings | undefined;

  constructor(private readonly assets: Assets) {}

  /** What was encoded for a program of this catalog, and what the build has kept of that. */
  get encodings(): Encodings {
    this.#encodings ??= new Encodings(this.assets.read(ENCODINGS));
    return this.#encodings;
  }

  list(): BundledProgram[] {
    return this.assets
      .list('programs')
      .filter(name => this.has(name))
      .map(name => this.describe(name))
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  /** The lessons in the order in which they are to be read. */
  course(): readonly CourseLesson[] {
    return this.list()
      .flatMap(({ name, title }) => {
        const { course } = this.manifest(name);
        return course === undefined ? [] : [{ name, title, ...course }];
      })
      .sort((a, b) => a.place - b.place);
  }

  /** What is said behind a lesson: of the next of the course what `said` makes of it; empty: the lesson is none of the course. */
  afterLesson(name: string, said: (next: CourseLesson) => string): string {
    const course = this.course();
    const at = course.findIndex(each => each.name === name);
    if (at < 0) return '';
    const next = course[at + 1];
    return next === undefined ? 'That was the last of the course.' : said(next);
  }

  has(name: string): boolean {
    return /^[\w-]+$/.test(name) && this.assets.read(manifestPath(name)) !== undefined;
  }

  /** Text of a program's `lesson.md`. Throws CatalogError. */
  lesson(name: string): { readonly file: string; readonly text: string } {
    this.require(name);
    const file = `programs/${name}/lesson.md`;
    const bytes = this.assets.read(file);
    if (bytes === undefined) throw new CatalogError(`${name} has no lesson`);
    return { file, text: utf8Text(bytes) };
  }

  /** Assembles a program with its runtime. Throws CatalogError. */
  build(name: string, options: BundledOptions = {}): Runnable {
    this.require(name);
    const manifest = this.manifest(name);
    const variants = Object.keys(manifest.variants);
    const variant = options.variant ?? variants[0];
    const defined = manifest.variants[variant];
    if (defined === undefined) throw new CatalogError(`${name} has no variant "${variant}"; there are ${variants.join(', ')}`);
    const race = options.race ?? manifest.race;
    if (race && !manifest.race) throw new CatalogError(`${name} has no -race build`);
    const defines = Object.fromEntries([...defined, ...(race ? ['RACE'] : [])].map(word => [word, '1']));
    const folder = `programs/${name}`;
    const sources = manifest.sources.map(source => this.source(folder, source.file, source.package));
    // Packages cost time to assemble, and most programs have no use for them.
    const runtime = this.runtime(namesPackages(sources));
    const instrumented: Instrumented[] = [];
    const program = assemble({
      sources: [...runtime.sources, ...sources],
      declarations: [...runtime.declarations, ...manifest.declarations.map(file => this.source(folder, file, ''))],
      defines,
      includes: name => {
        const bytes = this.assets.read(`src/runtime/bundled/${name}`);
        return bytes === undefined ? undefined : { file: `src/runtime/bundled/${name}`, text: utf8Text(bytes) };
      },
      go: runtime.go,
      encodings: this.encodings,
      ...(race && options.instrument !== false ? { instrument: racePass(fn => instrumented.push(fn)) } : {}),
    });
    return race ? withDetector(program, instrumented) : program;
  }

  /** The runtime itself, with its packages or without: what it is made of, and the minor number of the Go release whose encodings it has. */
  runtime(library = true): { readonly sources: readonly SourceFile[]; readonly declarations: readonly SourceFile[]; readonly go: number } {
    const packages = library ? LIBRARY : [];
    return {
      sources: [
        ...RUNTIME.map(file => this.source('src/runtime/bundled', file, 'runtime')),
        ...packages.map(({ file, package: inPackage }) => this.source('src/runtime/bundled', file, inPackage)),
      ],
      declarations: ['types.go', ...packages.map(({ declarations }) => declarations)].map(file =>
        this.source('src/runtime/bundled', file, 'runtime'),
      ),
      go: RELEASE,
    };
  }

  private require(name: string): void {
    if (!this.has(name))
      throw new CatalogError(
        `no bundled program "${name}"; there are ${this.list()
          .map(program => program.name)
          .join(', ')}`,
      );
  }

  private source(folder: string, file: string, inPackage: string): SourceFile {
    // Named from the package's root on, wherever that is: the same program is the same on every machine.
    return { file: `${folder}/${file}`, text: this.text(`${folder}/${file}`), package: inPackage };
  }

  private text(path: string): string {
    const bytes = this.assets.read(path);
    if (bytes === undefined) throw new CatalogError(`${path} is missing`);
    return utf8Text(bytes);
  }

  private manifest(name: string): Manifest {
    return JSON.parse(this.text(manifestPath(name))) as Manifest;
  }

  private describe(name: string): BundledProgram {
    const { title, variants, race } = this.manifest(name);
    return { name, title, variants: Object.keys(variants), race };
  }
}
