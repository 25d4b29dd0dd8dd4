/** Breakpoints as a client sets them, a whole set at a time: of a set that comes again those that are the same stay, with their hits. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { execute } from '../../debugger/commands/execute.js';
import type { Breakpoint } from '../../debugger/session/breakpoints.js';
import type { Session } from '../../debugger/session/session.js';
import { hex } from '../../host/hex.js';

/** One that is wanted. */
export interface Wish {
  /** The command that sets it, as far as its place. */
  readonly command: string;
  readonly condition: string | undefined;
  /** `5`, `>= 5`, `% 2`. */
  readonly hits: string | undefined;
  /** What is printed instead of stopping: text with `{expressions}`. */
  readonly message: string | undefined;
}

/** What has become of a wish. */
export interface Fulfilled {
  readonly breakpoint: Breakpoint | undefined;
  readonly problem: string | undefined;
}

const firstLine = (text: string): string => text.replace(/^.*\n\s*\^ /s, '').split('\n')[0]!;

/** `x = {x}` as dprintf has it: `"x = %v",x`. */
function formatOf(message: string): string {
  const expressions: string[] = [];
  const format = message.replace(/%/g, '%%').replace(/\{([^{}]*)\}/g, (whole, expression: string) => {
    if (expression.trim() === '') return whole;
    expressions.push(expression.replace(/%%/g, '%'));
    return '%v';
  });
  return [JSON.stringify(format), ...expressions].join(',');
}

export class BreakpointSets {
  /** By what a set is of (a source, functions, ...), what it has by wish. */
  readonly #sets = new Map<string, Map<string, Breakpoint>>();
  #setting = false;

  constructor(private readonly session: Session) {}

  /** Whether a set is being set: what becomes of breakpoints then the client hears by its answer. */
  get setting(): boolean {
    return this.#setting;
  }

  /** Makes the set be as wished. `around` does it with a frame selected. */
  async set(
    of: string,
    wishes: readonly Wish[],
    around = (_: number, work: () => Promise<Fulfilled>) => work(),
  ): Promise<readonly Fulfilled[]> {
    this.#setting = true;
    try {
      const before = this.#sets.get(of) ?? new Map<string, Breakpoint>();
      const now = new Map<string, Breakpoint>();
      const keys = wishes.map(wish => JSON.stringify(wish));
      for (const [key, breakpoint] of before) if (!keys.includes(key)) this.session.breakpoints.remove(breakpoint);
      const done: Fulfilled[] = [];
      for (const [index, wish] of wishes.entries()) {
        const key = keys[index]!;
        const kept = now.get(key) ?? before.get(key);
        const there = kept !== undefined && this.session.breakpoints.all.includes(kept);
        const fulfilled = there ? { breakpoint: kept, problem: undefined } : await around(index, () => this.#add(wish));
        if (fulfilled.breakpoint !== undefined) now.set(key, fulfilled.breakpoint);
        done.push(fulfilled);
      }
      this.#sets.set(of, now);
      return done;
    } finally {
      this.#setting = false;
    }
  }

  async #add({ command, condition, hits, message }: Wish): Promise<Fulfilled> {
    const { session } = this;
    const traced = message !== undefined;
    const where = traced ? `${command.replace(/^break /, 'dprintf ')},${formatOf(message)}` : command;
    const added = await execute(session, traced || condition === undefined ? where : `${where} if ${condition}`);
    if (!added.ok) return { breakpoint: undefined, problem: firstLine(added.output) };
    const { id } = added.data as { readonly id: number };
    const breakpoint = session.breakpoints.all.find(each => each.id === id)!;
    const further = [
      ...(traced && condition !== undefined ? [`condition ${id} ${condition}`] : []),
      ...(hits === undefined ? [] : [`condition -hitcount ${id} ${/^\s*\d/.test(hits) ? `== ${hits.trim()}` : hits.trim()}`]),
    ];
    for (const line of further) {
      const { ok, output } = await execute(session, line);
      if (ok) continue;
      session.breakpoints.remove(breakpoint);
      return { breakpoint: undefined, problem: firstLine(output) };
    }
    return { breakpoint, problem: undefined };
  }
}

/** Where a breakpoint is, for the client; `line` as r14 counts. */
export function placeOfBreakpoint(
  { target }: Session,
  breakpoint: Breakpoint,
): { readonly address?: bigint; readonly file?: string; readonly line?: number } {
  const address = breakpoint.kind === 'break' ? breakpoint.addresses[0] : undefined;
  if (address === undefined) return {};
  const line = target.images.lineAt(address);
  return { address, ...(line === undefined ? {} : { file: line.file, line: line.line }) };
}

/** What is said of one that could not be set. */
export const unverified = (problem: string | undefined): DebugProtocol.Breakpoint => ({
  verified: false,
  ...(problem === undefined ? {} : { message: problem, reason: 'failed' as const }),
});

export const referenceOf = (address: bigint | undefined) => (address === undefined ? {} : { instructionReference: hex(address) });
