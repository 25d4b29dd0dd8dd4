import { runR14 } from './build.js';

/** What `--json` prints for each command. */
export interface Answer {
  readonly command: string;
  readonly ok: boolean;
  readonly output: string;
  // biome-ignore lint/suspicious/noExplicitAny: each command has data of its own shape, which the tests check.
  readonly data: any;
}

export interface Frame {
  readonly index: number;
  readonly pc: string;
  readonly function: string;
  readonly file?: string;
  readonly line?: number;
  readonly inlined: boolean;
  readonly stack: string;
  readonly how: string;
}

export interface Session {
  readonly answers: readonly Answer[];
  /** Data of the first answer to a command. */
  readonly data: <T = Answer['data']>(command: string) => T;
  readonly status: number;
  readonly stderr: string;
}

/** Runs commands in `r14 exec --batch --json`. */
export function session(binary: string, commands: readonly string[], options: readonly string[] = []): Session {
  const result = runR14(['exec', '--batch', '--json', ...options, ...commands.flatMap(command => ['-ex', command]), binary]);
  const lines = result.stdout.split('\n').filter(line => line.startsWith('{"command"'));
  const answers = lines.map(line => JSON.parse(line) as Answer);
  return {
    answers,
    data: command => {
      const answer = answers.find(one => one.command === command);
      if (!answer) throw new Error(`no answer to ${command}:\n${result.stdout}\n${result.stderr}`);
      return answer.data;
    },
    status: result.status,
    stderr: result.stderr,
  };
}
