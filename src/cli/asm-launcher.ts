/** Processes of files that are assembled anew, when they have been changed, each time that the program is started. */
import { dirname, join } from 'node:path';
import { AssemblyError } from '../asm/diagnostics.js';
import { CallError } from '../asm/invoke.js';
import { CommandError } from '../debugger/errors.js';
import type { Launcher } from '../debugger/session/host.js';
import { assembledLauncher, isSharable, type LaunchOptions, sharedStart } from '../debugger/session/launcher.js';
import type { SharedSubject } from '../debugger/session/share.js';
import type { SharedStart } from '../debugger/session/shared-run.js';
import { type CallsReturned, callResults } from '../debugger/show/call-results.js';
import type { Process } from '../linux/api.js';
import { type Assembly, type AssemblyWishes, complaintText } from '../runtime/bundled/assembly.js';
import { assembly } from './asm.js';

/** What was asked to be assembled, and what came of it. */
export interface AssembledFiles {
  readonly assembled: Assembly;
  readonly paths: readonly string[];
  readonly calls: readonly string[];
  readonly wishes: AssemblyWishes;
}

export class AssemblyLauncher implements Launcher {
  renewed = false;
  #assembly: Assembly;
  #launcher: Launcher;
  #launched = false;

  constructor(
    private readonly asked: AssembledFiles,
    private readonly options: LaunchOptions,
  ) {
    this.#assembly = asked.assembled;
    this.#launcher = assembledLauncher(asked.assembled.program, options);
  }

  get calls(): number {
    return this.#assembly.calls.length;
  }

  /** Throws CommandError when the files are wrong by now: the program stays as it was. */
  launch(...given: Parameters<Launcher['launch']>): Process {
    const next = this.#launched ? this.#assembled() : this.#assembly;
    this.renewed = this.#launched && !sameSources(next, this.#assembly);
    if (this.renewed) {
      this.#assembly = next;
      this.#launcher = assembledLauncher(next.program, this.options);
    }
    this.#launched = true;
    return this.#launcher.launch(...given);
  }

  #assembled(): Assembly {
    const { paths, calls, wishes } = this.asked;
    try {
      return assembly(paths, calls, wishes);
    } catch (error) {
      if (!(error instanceof AssemblyError || error instanceof CallError)) throw error;
      throw new CommandError(`the program stays as it was: ${complaintText(error, paths[0]!, wishes)}`);
    }
  }

  images(...given: Parameters<Launcher['images']>): ReturnType<Launcher['images']> {
    return this.#launcher.images(...given);
  }

  get instrumented(): Launcher['instrumented'] {
    return this.#launcher.instrumented;
  }

  /** Of one file alone, with its declarations, a link is whole. */
  shared(): SharedSubject | undefined {
    const { calls, paths, wishes } = this.asked;
    const [path] = paths;
    const { sources } = this.#assembly.program;
    const source = sources.get(path!);
    if (paths.length !== 1 || source === undefined || wishes.go !== undefined || !isSharable(this.options)) return undefined;
    const runtime = wishes.runtime === undefined ? 'none' : wishes.runtime.race ? 'race' : 'plain';
    return { kind: 'assembly', text: { source, types: sources.get(join(dirname(path!), 'types.go')) ?? '', calls, runtime } };
  }

  get sharedStart(): SharedStart {
    return sharedStart(this.options);
  }

  source(path: string): string | undefined {
    return this.#launcher.source(path);
  }

  returned(process: Process): CallsReturned {
    return callResults(this.#assembly, process.memory);
  }

  result(process: Process): ReturnType<NonNullable<Launcher['result']>> {
    return this.calls === 0 ? undefined : this.returned(process);
  }
}

const sameSources = ({ program: { sources: a } }: Assembly, { program: { sources: b } }: Assembly): boolean =>
  a.size === b.size && [...a].every(([file, text]) => b.get(file) === text);
