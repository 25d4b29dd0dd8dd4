/** The playground's program: two texts, and what is to be called. */
import { AssemblyError } from '../../asm/diagnostics.js';
import { CallError } from '../../asm/invoke.js';
import type { Launcher } from '../../debugger/session/host.js';
import { assembledLauncher, type LaunchOptions } from '../../debugger/session/launcher.js';
import { callResults } from '../../debugger/show/call-results.js';
import { AS_WRITTEN, toFirstCall } from '../../debugger/show/first-call.js';
import type { Assets } from '../../host/assets.js';
import { Told } from '../../host/told.js';
import { type Assembly, assembledCalls, complaintText } from '../../runtime/bundled/assembly.js';
import { type AssemblyText, declaredPackage, wishesOf } from '../../runtime/bundled/assembly-text.js';
import { MOST_TEXT, PLAYED_FILE, type TextProblem } from '../messages.js';

const FILES = { source: PLAYED_FILE, types: 'types.go' } as const;

function assembled({ source, types, calls, runtime }: AssemblyText, assets: Assets): Assembly {
  for (const [name, text] of Object.entries({ [FILES.source]: source, [FILES.types]: types })) {
    if (text.length > MOST_TEXT)
      throw new Told(`${name} is longer than the ${MOST_TEXT} characters that this page assembles: r14 asm in a terminal takes more`);
  }
  return assembledCalls(
    {
      sources: [{ file: FILES.source, text: source, package: declaredPackage(types) }],
      declarations: types.trim() === '' ? [] : [{ file: FILES.types, text: types }],
      includes: () => undefined,
      assets,
    },
    calls,
    wishesOf(runtime),
  );
}

/** What is wrong with the texts, each where it stands; empty: nothing. */
export function problemsOf(text: AssemblyText, assets: Assets): readonly TextProblem[] {
  try {
    assembled(text, assets);
    return [];
  } catch (error) {
    if (error instanceof CallError) return [{ where: 'call', line: 1, column: 1, message: error.message }];
    if (!(error instanceof AssemblyError)) {
      if (error instanceof Told) return [{ where: 'source', line: 1, column: 1, message: error.message }];
      throw error;
    }
    const own = error.diagnostics.filter(({ file }) => file === FILES.source || file === FILES.types);
    // Only the start has not found what it calls.
    if (own.length === 0) return [{ where: 'call', line: 1, column: 1, message: complaint(error, text) }];
    return own.map(({ file, line, column, message, suggestion }) => ({
      where: file === FILES.types ? 'types' : 'source',
      ...{ line, column, message: suggestion === undefined ? message : `${message} (${suggestion})` },
    }));
  }
}

const complaint = (error: AssemblyError | CallError, { runtime }: AssemblyText): string =>
  complaintText(error, FILES.source, wishesOf(runtime)).replace(/^r14: /, '');

/** Throws Told when the texts are wrong. */
export function playLauncher(text: AssemblyText, options: LaunchOptions): Launcher {
  try {
    const assembly = assembled(text, options.host.assets);
    const launcher = assembledLauncher(assembly.program, { ...options, path: FILES.source });
    const shared: Launcher = { ...launcher, shared: () => ({ kind: 'assembly', text }) };
    return assembly.calls.length === 0 ? shared : { ...shared, result: ({ memory }) => callResults(assembly, memory) };
  } catch (error) {
    if (error instanceof AssemblyError || error instanceof CallError) throw new Told(complaint(error, text));
    throw error;
  }
}

/** The screen opens where the first of the calls begins, in the syntax that the text is written in. */
export function scriptOf({ calls }: AssemblyText): readonly string[] {
  return [AS_WRITTEN, ...toFirstCall(calls)];
}
