/** What the calls of `r14 asm --call` have returned, and what they have changed of their arguments. */
import type { CallVariable } from '../../asm/invoke.js';
import { told } from '../../host/told.js';
import { assembledImage } from '../../image/assembled.js';
import { type Assembly, type MadeCall, RETURNED } from '../../runtime/bundled/assembly.js';
import type { Data } from '../answer.js';
import { printValue } from '../values/print.js';
import { memorySource, type ReadableMemory, type Source } from '../values/source.js';
import { treesOf } from '../values/tree.js';
import type { Value, World } from '../values/value.js';

/** Of the calls that have returned: a line or more each, and the same as data; and how many have not. */
export interface CallsReturned {
  readonly text: string;
  readonly data: readonly Data[];
  /** The first that has not returned, as typed; undefined: all have. */
  readonly unfinished: string | undefined;
}

export function callResults({ program, calls }: Assembly, memory: ReadableMemory): CallsReturned {
  const image = assembledImage(program, '');
  const now: World = { memory, images: [image] };
  const before: World = { memory: contentsOf(program), images: [image] };
  const valueIn = (world: World, { variable }: CallVariable): Value => ({
    type: image.globalNamed(variable)!.type,
    source: memorySource(world.memory, image.symbolsNamed(variable)[0]!.address),
  });
  const count = returnedCount(memorySource(memory, image.symbolsNamed(RETURNED)[0]!.address));
  const shownIn = (world: World, each: CallVariable): string => printValue(world, valueIn(world, each));
  const changed = ({ reaching }: MadeCall) =>
    reaching.map(each => ({ each, is: shownIn(now, each), was: shownIn(before, each) })).filter(({ is, was }) => is !== was);
  const named = ({ name }: CallVariable, text: string): string => (name === '' || name === '_' ? text : `${name}: ${text}`);
  const tree = (each: CallVariable): Data => {
    const value = valueIn(now, each);
    return { name: each.name, ...treesOf(now, [{ value, text: printValue(now, value) }], {})[0] };
  };
  const done = calls.slice(0, count);
  const lines = done.flatMap(call => {
    const results = call.results.map(each => named(each, shownIn(now, each))).join(', ');
    const head = calls.length > 1 ? `${call.call} ` : '';
    return [
      `${head}${call.results.length === 0 ? '(no results)' : `= ${results}`}`,
      ...changed(call).map(({ each, is }) => `  ${each.name || 'an argument'} is now ${is}`),
    ];
  });
  return {
    text: lines.join('\n'),
    data: done.map(call => ({ call: call.call, results: call.results.map(tree), changed: changed(call).map(({ each }) => tree(each)) })),
    unfinished: calls[count]?.call,
  };
}

function returnedCount(source: Source): number {
  try {
    return source.read(0, 1)[0]!;
  } catch (error) {
    // The program has unmapped its own data.
    told(error);
    return 0;
  }
}

/** Memory as it is before anything has run. */
const contentsOf = ({ segments }: Assembly['program']): ReadableMemory => ({
  read(address, length) {
    const bytes = new Uint8Array(length);
    const segment = segments.find(each => address >= each.start && address < each.start + BigInt(each.memorySize));
    if (segment !== undefined) {
      const from = Number(address - segment.start);
      bytes.set(segment.bytes.subarray(from, from + length));
    }
    return bytes;
  },
  write: () => undefined,
});
