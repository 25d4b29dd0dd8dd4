/** What a session needs from outside. */
import type { Images } from '../../image/images.js';
import type { LoadedObject, Process } from '../../linux/api.js';
import type { OutputRecord } from '../../linux/output.js';

/** Makes a fresh process for the session, at its start and at `restart`. */
export interface Launcher {
  /** `output` is told what the process writes, once, also when it runs by the same place again. Throws LoadError and the readers' errors. */
  launch(args: readonly string[] | undefined, output: (record: OutputRecord) => void): Process;
  /** Symbols of what is mapped; asked again when the loader has mapped more. */
  images(objects: readonly LoadedObject[]): Images;
  /** Text of a source file that came with the program. */
  source(path: string): string | undefined;
  /** What an ended process has to tell besides its status. */
  result?(process: Process): string | undefined;
}

/** The machine that r14 runs on, as far as the debugger needs it. */
export interface Host {
  /** Lets keys and signals in; called between slices of a long run. */
  breathe(): Promise<void>;
  /** Milliseconds since some moment, for the length of slices; nothing else depends on it. */
  now(): number;
  /** Text of a source file, or nothing when it is not there. */
  readSource(path: string): string | undefined;
  /** Text of a script for `source`. Throws when it cannot be read. */
  readScript(path: string): string;
  writeFile(path: string, text: string): void;
  appendFile(path: string, text: string): void;
  /** r14's version. */
  readonly version: string;
  /** Faults of r14's own come with their stack. */
  readonly debug: boolean;
  /** Where `config -save` keeps the settings, as a script. */
  readonly settingsFile: string;
  /** The settings file's text; empty where there is none. Throws CommandError when it cannot be read. */
  readSettings(): string;
}
