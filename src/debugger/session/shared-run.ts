/** What a run was given, as a link has it, so that who opens the link has the same run: arguments, the machine's own choices, and its input. */
import { CPU_LEVELS, type CpuLevel } from '../../cpu/cpuid.js';
import { fromBase64, toBase64 } from '../../host/bytes.js';
import type { InputLog, InputRecord } from '../../host/input-log.js';
import { isCount, isFields, isText, isTexts } from '../../host/read-value.js';
import { Told } from '../../host/told.js';

/** What a program is started with, as far as it is told in a link. */
export interface SharedStart {
  /** Behind the program's name. */
  readonly args?: readonly string[];
  readonly seed?: number;
  readonly cpu?: CpuLevel;
  readonly cpus?: number;
}

/** What came to a run as its standard input, and when: see InputLog. */
export interface SharedInput {
  /** At which question, and the bytes in base64. */
  readonly pieces: readonly (readonly [ask: number, bytes: string])[];
  readonly known: number;
  readonly passes: readonly number[];
  /** At which question there was nobody any more who could write, and when that was found. */
  readonly closed?: number;
  readonly ended?: number;
}

export interface SharedGiven extends SharedStart {
  /** Of each start of the program, in turn; null: it has asked for nothing. */
  readonly inputs?: readonly (SharedInput | null)[];
}

/** Processors of a machine that a link asks for. */
const MOST_CPUS = 256;

const time = (ask: number): number | undefined => (ask === Number.POSITIVE_INFINITY ? undefined : ask);

/** Throws Told when the beginning of what was read is not kept any more. */
function sharedInput(log: InputLog): SharedInput | null {
  const { pieces, known, closedAt, endedAt, passes } = log.record();
  if (known === 0 && pieces.length === 0) return null;
  if ((pieces[0]?.start ?? 0) > 0) throw new Told('the program has read more than a link can have');
  const [closed, ended] = [time(closedAt), time(endedAt)];
  return {
    pieces: pieces.map(({ ask, bytes }) => [ask, toBase64(bytes)]),
    known,
    passes,
    ...(closed === undefined ? {} : { closed }),
    ...(ended === undefined ? {} : { ended }),
  };
}

function recordOf({ pieces, known, passes, closed, ended }: SharedInput): InputRecord {
  let start = 0;
  return {
    pieces: pieces.map(([ask, text]) => {
      const bytes = fromBase64(text);
      const piece = { start, ask, bytes };
      start += bytes.length;
      return piece;
    }),
    known,
    passes,
    closedAt: closed ?? Number.POSITIVE_INFINITY,
    endedAt: ended ?? Number.POSITIVE_INFINITY,
  };
}

/** For a session that does it again. */
export function inputsOf({ inputs = [] }: SharedGiven): readonly (InputRecord | undefined)[] {
  return inputs.map(input => (input === null ? undefined : recordOf(input)));
}

/** Undefined: nothing but the program. Throws Told. */
export function givenOf(start: SharedStart, logs: readonly InputLog[]): SharedGiven | undefined {
  const inputs = logs.map(sharedInput);
  while (inputs.at(-1) === null) inputs.pop();
  const given = { ...start, ...(inputs.length === 0 ? {} : { inputs }) };
  return Object.keys(given).length === 0 ? undefined : given;
}

const isCountOrNone = (value: unknown): boolean => value === undefined || isCount(value);

/** What `toBase64` makes. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const isInput = (input: unknown): boolean =>
  input === null ||
  (isFields(input) &&
    Array.isArray(input.pieces) &&
    input.pieces.every(piece => Array.isArray(piece) && isCount(piece[0]) && isText(piece[1]) && BASE64.test(piece[1])) &&
    isCount(input.known) &&
    Array.isArray(input.passes) &&
    input.passes.every(isCount) &&
    isCountOrNone(input.closed) &&
    isCountOrNone(input.ended));

/** Whether a value that was read from a link is one. */
export const isGiven = (given: unknown): given is SharedGiven =>
  isFields(given) &&
  (given.args === undefined || isTexts(given.args)) &&
  isCountOrNone(given.seed) &&
  (given.cpu === undefined || (CPU_LEVELS as readonly unknown[]).includes(given.cpu)) &&
  (given.cpus === undefined || (isCount(given.cpus) && given.cpus >= 1 && given.cpus <= MOST_CPUS)) &&
  (given.inputs === undefined || (Array.isArray(given.inputs) && given.inputs.every(isInput)));
