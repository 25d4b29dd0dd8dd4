/** What is watched: a value in memory, printed by its type, and how long it lasts where it lies on a stack. */
import type { AddressSpace, Watch } from '../../cpu/api.js';
import type { Type } from '../../image/api.js';
import type { EvaluationContext } from '../evaluate/context.js';
import type { PrintOptions } from '../values/print.js';
import { printValue } from '../values/print.js';
import { memorySource } from '../values/source.js';
import { underlying } from '../values/types.js';

/** A frame that a watched variable is of. Goroutines' stacks move, and their variables with them: what stays is the distance from the top. */
export interface WatchScope {
  /** The goroutine, and its g; undefined: a stack that is not Go's. */
  readonly goroutine: { readonly id: bigint; readonly g: bigint } | undefined;
  readonly function: string;
  /** What stack it is on, and how far from its top: of the variable, and of what lies behind the frame's return address. */
  readonly stack: string;
  readonly variable: bigint;
  /** Where the variable is now. */
  readonly address: bigint;
  readonly frame: bigint;
  /** Of its function. */
  readonly entry: bigint | undefined;
  readonly returnAddress: bigint;
}

/** What was there when it was last looked at. */
export interface Watched {
  readonly bytes: Uint8Array | undefined;
  readonly text: string;
}

/** Kinds that are told as numbers too, as far as they fit a word. */
const NUMBERS: ReadonlySet<Type['kind']> = new Set(['int', 'uint', 'char']);

export function lookAtWatched(
  context: EvaluationContext,
  { address, length }: Watch,
  type: Type | undefined,
  print: PrintOptions,
): Watched {
  const { memory } = context;
  if (!(memory as AddressSpace).allows(address, length, 'read')) return { bytes: undefined, text: '<unreadable>' };
  const bytes = (memory as AddressSpace).read(address, length).slice();
  const kind = type === undefined ? 'uint' : underlying(type).kind;
  if (type !== undefined && !NUMBERS.has(kind)) {
    const inC = context.frame?.language === 'c';
    return { bytes, text: printValue(context, { type, source: memorySource(memory, address) }, { inC, ...print }) };
  }
  const digits = [...bytes].reverse().map(byte => byte.toString(16).padStart(2, '0'));
  const plain = digits.join('').replace(/^0+(?=.)/, '');
  if (length > 8) return { bytes, text: `0x${plain}` };
  const value = BigInt(`0x${plain}`);
  return { bytes, text: `${kind === 'int' ? BigInt.asIntN(8 * length, value) : value} (0x${plain})` };
}

/** Where a value differs first, in bytes from its start; undefined: nowhere. */
export function firstChange({ bytes: was }: Watched, { bytes: is }: Watched): number | undefined {
  if (was === undefined || is === undefined) return was === is ? undefined : 0;
  const at = is.findIndex((byte, index) => byte !== was[index]);
  return at < 0 ? undefined : at;
}
