/** What a session needs from outside. */
import type { ClientLog, HostClients } from '../../host/clients.js';
import type { FilePiece } from '../../host/files.js';
import type { InputQueue } from '../../host/input.js';
import type { GuestInput } from '../../host/input-log.js';
import type { Ports } from '../../host/ports.js';
import type { Images } from '../../image/images.js';
import type { LoadedObject, Process, ProcessStop, SavedProcess } from '../../linux/api.js';
import type { OutputRecord } from '../../linux/output.js';
import type { Instrumented } from '../../runtime/instrument/pass.js';
import type { Data } from '../answer.js';
import type { SharedSubject } from './share.js';
import type { SharedStart } from './shared-run.js';

/** Makes a fresh process for the session, at its start and at `restart`. */
export interface Launcher {
  /**
   * `output` is told what the process writes, each time that it does. `stdin`: default: empty. `clients`: default: none comes. Throws LoadError and
   * the readers' errors.
   */
  launch(args: readonly string[] | undefined, output: (record: OutputRecord) => void, stdin?: GuestInput, clients?: ClientLog): Process;
  /** A process beside, which goes on from where this one was saved; absent: there can be none. Reads no input. */
  resume?(saved: SavedProcess, output: (record: OutputRecord) => void): Process;
  /** Symbols of what is mapped; asked again when the loader has mapped more. */
  images(objects: readonly LoadedObject[]): Images;
  /** Text of a source file that came with the program. */
  source(path: string): string | undefined;
  /** The recording that the run is done again from, where it is. */
  readonly recording?: string;
  /** Of one whose processes are steered: the same with fair turns. */
  readonly unsteered?: Launcher;
  /** And the file of its schedule, where it has one. */
  readonly schedule?: string;
  /** What was put into its functions, where that was r14's doing. */
  readonly instrumented?: readonly Instrumented[];
  /** What an ended process has to tell besides its status, in words and as data. */
  result?(process: Process): { readonly text: string; readonly data: Data } | undefined;
  /** What a link names for it; absent: nothing that could be opened elsewhere. */
  shared?(process: Process): SharedSubject | undefined;
  /** What it starts it with, as a link says it. */
  readonly sharedStart?: SharedStart;
  /** Whether the last launch was of another program than the one before: its source has changed. */
  readonly renewed?: boolean;
}

/** Standard input of a program that is not given a file: what the user types, or what comes from where r14's own comes from. */
export interface TypedInput {
  readonly input: GuestInput;
  /** It, where it is typed. */
  readonly queue?: InputQueue;
  /** Begins anew, for another process; absent: what was read is gone. */
  renew?(): void;
  /**
   * Waits until more has come than the program has asked for in vain, or for `idle` ns; undefined: for as long as it takes. Returns after `most`
   * milliseconds in any case.
   */
  wait(idle: number | undefined, most?: number): Promise<void>;
}

/** Clients from outside, for a program that has ports for them. */
export interface AwaitedClients extends HostClients {
  /** Begins anew, for another process. */
  renew(): void;
  /** As TypedInput.wait. */
  wait(idle: number | undefined, most?: number): Promise<void>;
}

/** The machine that r14 runs on, as far as the debugger needs it. */
export interface Host {
  /** Lets keys and signals in; called between slices of a long run. */
  breathe(): Promise<void>;
  /** Milliseconds since some moment, for the length of slices; nothing else depends on it. */
  now(): number;
  /** Absent: nobody types. */
  readonly typed?: TypedInput;
  /** Absent: no client can reach the program. */
  readonly clients?: AwaitedClients;
  /** Opens a file for standard input. Throws CommandError when it cannot be read. */
  openInput(path: string): GuestInput;
  /** Text of a source file, or nothing when it is not there. */
  readSource(path: string): string | undefined;
  /** Text of a script for `source`. Throws when it cannot be read. */
  readScript(path: string): string;
  /** Puts a text, or pieces, in the place of a file, which is never there in part. Throws CommandError when it cannot be written. */
  writeFile(path: string, contents: string | Iterable<FilePiece>): void;
  appendFile(path: string, text: string): void;
  /** Instructions that may be run again to say more of a stop: none where a screen waits for it, many where somebody reads. */
  readonly again: number;
  /** What the program has read lies nowhere else: a run that is saved has all of it. */
  readonly savesWhole?: boolean;
  /** How one comes to a crash again where no command line does. */
  readonly comesAgain?: string;
  /** Whether somebody shows the run's course, which then is noted: a look at each change of stacks and goroutines. */
  readonly notesCourse: boolean;
  /** What links need: the address of the page that they lead to, without a fragment, and the port that compresses. Absent: none are made here. */
  readonly links?: { readonly page: string; readonly pack: NonNullable<Ports['pack']> };
  /** r14's version. */
  readonly version: string;
  /** Faults of r14's own come with their stack. */
  readonly debug: boolean;
  /** Where `config -save` keeps the settings, as a script. */
  readonly settingsFile: string;
  /** The settings file's text; empty where there is none. Throws CommandError when it cannot be read. */
  readSettings(): string;
  /** Puts what `change` makes of the text that is there in its place, before anybody else can. Throws CommandError when it cannot be read or written. */
  changeSettings(change: (text: string) => string): void;
}

/** Waits for what a program waits for, from outside: for who types, for clients, or for whoever comes first. */
export async function awaitOutside(
  { idle, clients: who }: Pick<Extract<ProcessStop, { readonly kind: 'input' }>, 'idle' | 'clients'>,
  typed: Pick<TypedInput, 'wait'> | undefined,
  clients: AwaitedClients | undefined,
  most: number,
): Promise<void> {
  if (who === undefined || clients === undefined) await typed?.wait(idle, most);
  else if (who === 'alone' || typed === undefined) await clients.wait(idle, most);
  else await Promise.race([typed.wait(idle, most), clients.wait(idle, most)]);
}
