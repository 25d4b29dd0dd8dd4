/** Where the program's standard input comes from. */
import type { TypedInput } from '../debugger/session/host.js';
import type { GuestInput } from '../host/input-log.js';
import { fileInput, ownInput } from '../host/node/input.js';
import { type Parsed, UsageError } from './flags.js';
import { reaching } from './host.js';

/** What a run among many reads: the file of --stdin, from its beginning each time, or nothing. */
export function fileOfStdin(parsed: Parsed): () => GuestInput | undefined {
  const file = stdinFlag(parsed);
  return () => (file === undefined ? undefined : reaching('read', file, () => fileInput(file)));
}

/** `--stdin FILE`: the file that the program reads; undefined when the flag was not given. */
export function stdinFlag(parsed: Parsed): string | undefined {
  const text = parsed.values.get('stdin')?.[0];
  if (text === undefined) return undefined;
  // Delve's way to say it.
  const [, stream, path] = /^(stdin|stdout|stderr):(.*)$/s.exec(text) ?? ['', 'stdin', text];
  if (stream !== 'stdin') throw new UsageError(`--stdin: only standard input can be a file; redirect ${stream} in the shell`);
  return path;
}

/** The file of --stdin, or what comes to r14 itself; `end` lets r14 end although more could come. */
export function programInput(parsed: Parsed): TypedInput & { end(): void } {
  const file = stdinFlag(parsed);
  if (file === undefined) return ownInput();
  const input = reaching('read', file, () => fileInput(file));
  return { input, wait: () => Promise.resolve(), end: () => undefined };
}
