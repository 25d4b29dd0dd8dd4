import type { Func } from '../../image/api.js';
import type { Images } from '../../image/images.js';
import type { CodeSpace } from './disassemble.js';

const MOST_BYTES = 1 << 16;
const CALL = 0xe8;

const entries = new WeakMap<Images, ReadonlySet<bigint>>();
const known = new WeakMap<Images, Map<bigint, boolean>>();

/** Whether the compiler made a function's code with -race: it calls what the race detector wants called (Go's cmd/compile, ssagen). */
export function instrumented(space: CodeSpace, func: Func): boolean {
  const { images } = space;
  if (func.language === 'c' || func.asm || func.wrapper) return false;
  let calls = entries.get(images);
  if (calls === undefined) {
    const names = ['racefuncenter', 'raceread', 'racewrite', 'racereadrange', 'racewriterange'];
    calls = new Set(names.flatMap(name => images.functionsNamed(`runtime.${name}`)).map(each => each.entry));
    entries.set(images, calls);
    known.set(images, new Map());
  }
  if (calls.size === 0) return false;
  const answers = known.get(images)!;
  let answer = answers.get(func.entry);
  if (answer === undefined) {
    answer = callsOneOf(space, func, calls);
    answers.set(func.entry, answer);
  }
  return answer;
}

/** Looks for the bytes of a near CALL: a displacement that hits one of the entries by chance would have to be four bytes exactly so. */
function callsOneOf({ memory }: CodeSpace, { entry, end }: Func, targets: ReadonlySet<bigint>): boolean {
  const length = Math.min(Number(end - entry), MOST_BYTES);
  if (!memory.allows(entry, length, 'read')) return false;
  const bytes = memory.read(entry, length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = bytes.indexOf(CALL); at >= 0 && at + 5 <= length; at = bytes.indexOf(CALL, at + 1)) {
    if (targets.has(entry + BigInt(at + 5) + BigInt(view.getInt32(at + 1, true)))) return true;
  }
  return false;
}
