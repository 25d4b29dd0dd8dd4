/** Arguments of Go code that no debug information describes, as Go's own tracebacks print them: words, without names and types. */
import { hex } from '../../host/hex.js';
import type { TracedArgument, TracedArguments } from '../../image/api.js';
import type { LogicalFrame } from '../stack/frame.js';
import type { CallStack } from '../target.js';
import { memorySource, readUint } from '../values/source.js';

/** `0xc000012345, {0x2, 0x5?}, ...`: where a register's place in memory may not be written yet, a ? says so. Undefined: nothing is known. */
export function tracedArguments({ target }: CallStack, { described, inlined, physical }: LogicalFrame): string | undefined {
  const { pc, exact, cfa, func } = physical;
  if (inlined || cfa === undefined || func === undefined || func.language === 'c' || (described && !func.asm)) return undefined;
  const traced = target.images.tracedArguments(exact ? pc : pc - 1n);
  const word = (offset: number, size: number): string => {
    const at = cfa + BigInt(offset);
    return target.memory.allows(at, size, 'read') ? hex(readUint(memorySource(target.memory, at), 0, size)) : '<unreadable>';
  };
  return traced && listed(traced, word);
}

function listed(all: TracedArguments, word: (offset: number, size: number) => string): string {
  const one = (each: TracedArgument): string => {
    if (typeof each === 'string') return each;
    return 'parts' in each ? `{${listed(each.parts, word)}}` : `${word(each.offset, each.size)}${each.stale ? '?' : ''}`;
  };
  return all.map(one).join(', ');
}
