/** Addresses of the runtime's variables that symbols name, or, in stripped programs, that the code of functions which pclntab names uses. */
import { type AddressSpace, PROT } from '../cpu/api.js';
import { operandAddressOf } from '../cpu/effects/address.js';
import { effectsOf } from '../cpu/effects/describe.js';
import type { Image } from '../image/api.js';

/** Where instructions are read. */
type Code = Pick<AddressSpace, 'allows' | 'read'>;

/** `runtime.allgs`, a []*g. */
export function allgs(image: Image, memory: AddressSpace): bigint | undefined {
  return image.symbolsNamed('runtime.allgs')[0]?.address ?? onlyOne(sliceHeaders(usedBy('runtime.allgadd', image, memory)));
}

/** `runtime.waitReasonStrings`, an array of strings. */
export function waitReasonStrings(image: Image, memory: AddressSpace): bigint | undefined {
  const symbol = image.symbolsNamed('runtime.waitReasonStrings')[0];
  if (symbol !== undefined) return symbol.address;
  const used = [...usedBy('runtime.waitReason.String', image, memory)];
  return onlyOne(used.filter(address => isVariable(image, address)));
}

/** `__tsan::ctx`, a pointer to all of the race detector's state. Without symbols: the one variable that the count of reports is read through. */
export function raceContextVariable(image: Image, memory: Code): bigint | undefined {
  const symbol = image.symbolsNamed('_ZN6__tsan3ctxE')[0];
  if (symbol !== undefined) return symbol.address;
  return onlyOne([...usedBy('__tsan_report_count', image, memory)].filter(address => isVariable(image, address)));
}

/** Three words in a row: allgadd's append reads and writes allgs' pointer, length and capacity, and it uses no two other neighbours. */
function sliceHeaders(used: ReadonlySet<bigint>): readonly bigint[] {
  return [...used].filter(address => used.has(address + 8n) && used.has(address + 16n));
}

/** Constants, as the text for an unknown reason, are not in a writable segment. */
function isVariable(image: Image, address: bigint): boolean {
  return image.segments.some(
    ({ start, memorySize, prot }) => (prot & PROT.write) !== 0 && address >= start && address < start + BigInt(memorySize),
  );
}

const onlyOne = (found: readonly bigint[]): bigint | undefined => (found.length === 1 ? found[0] : undefined);

/** Addresses that a function names relative to RIP. */
function usedBy(name: string, image: Image, memory: Code): ReadonlySet<bigint> {
  const used = new Set<bigint>();
  for (const func of image.functionsNamed(name)) {
    const length = Number(func.end - func.entry);
    if (!memory.allows(func.entry, length, 'read')) continue;
    for (const { accesses, writes } of effectsOf(memory.read(func.entry, length), func.entry)) {
      for (const value of [...accesses.map(({ address }) => address), ...writes.map(write => write.value)]) {
        const operand = operandAddressOf(value);
        if (operand?.relative) used.add(BigInt.asUintN(64, operand.displacement));
      }
    }
  }
  return used;
}
