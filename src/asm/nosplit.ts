/** The stack of NOSPLIT functions, which nobody asks for: Go's linker refuses a program in which a chain of them takes more than is there. */
import type { Diagnostics } from './diagnostics.js';
import type { FunctionEntry } from './function-entry.js';
import type { SymbolTable } from './symbol-table.js';

/** Below the guard, but for the eight bytes of a call: internal/abi's StackNosplitBase, as `go build` says it. */
const LIMIT = 792;
/** A return address; what a prologue that calls morestack needs. */
const WORD = 8;

/** Bytes that a function and all that it calls take below its return address, and the way to the deepest place. */
interface Need {
  readonly bytes: number;
  readonly chain: readonly FunctionEntry[];
}

export function checkStackUse(table: SymbolTable, diagnostics: Diagnostics): void {
  const needs = new Map<FunctionEntry, Need>();
  const open = new Set<FunctionEntry>();
  const needOf = (entry: FunctionEntry): Need => {
    const known = needs.get(entry);
    if (known !== undefined) return known;
    const { stack } = entry.items;
    open.add(entry);
    let need: Need = { bytes: stack.most, chain: [entry] };
    let tooMuch = false;
    for (const { symbol, depth } of stack.transfers) {
      const target = symbol && table.find(symbol, entry.file, entry.source.convention);
      const callee = target !== undefined && 'laid' in target ? target : undefined;
      if (callee !== undefined && open.has(callee) && isChecked(callee)) {
        const { name } = callee.source.symbol;
        diagnostics.report(callee.source.at, `${name} calls itself, and no function on the way asks for stack`, 'leave NOSPLIT out of one');
        continue;
      }
      if (symbol !== undefined && callee === undefined) continue;
      const below = callee === undefined || !isChecked(callee) ? restOf(callee) : needOf(callee);
      tooMuch ||= below.bytes > LIMIT;
      const bytes = depth + WORD + below.bytes;
      if (bytes > need.bytes) need = { bytes, chain: [entry, ...below.chain] };
    }
    open.delete(entry);
    needs.set(entry, need);
    // Of a chain that is too long only the first link that makes it so is wrong.
    if (need.bytes > LIMIT && !tooMuch) report(entry, need, diagnostics);
    return need;
  };
  for (const entry of table.functions) if (isChecked(entry)) needOf(entry);
}

/** C has a stack of its own, and a function that asks for room has it. */
const isChecked = ({ source, items }: FunctionEntry): boolean => source.convention !== 'C' && !items.stack.splits;

/** What a function that asks for room needs until it has asked; so may any that is not known. */
const restOf = (callee: FunctionEntry | undefined): Need => ({ bytes: callee?.source.convention === 'C' ? 0 : WORD, chain: [] });

function report(entry: FunctionEntry, { bytes, chain }: Need, diagnostics: Diagnostics): void {
  const parts = chain.map(({ source, items }) => `${source.symbol.name} ${items.stack.most}`);
  const with_ = chain.length > 1 ? ` with what it calls (${parts.join(', ')}, and ${WORD} each call)` : '';
  diagnostics.report(
    entry.source.at,
    `${entry.source.symbol.name} is NOSPLIT and takes ${bytes} bytes of stack${with_}: ${LIMIT} are there without asking`,
    'leave NOSPLIT out, or make the frame smaller',
  );
}
