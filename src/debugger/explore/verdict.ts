/** What a run came to: told by what Go's runtime, its race detector and package testing print, which is theirs in every release. */
import { VERDICTS, type VerdictKind } from '../../explore/names.js';

export interface RunVerdict {
  readonly kind: VerdictKind;
  /** One line. */
  readonly text: string;
  /** Stacks and the like, a line each. */
  readonly details: readonly string[];
}

/** A whole report; what is between its lines of `=`. */
const REPORT = /^=+\nWARNING: DATA RACE\n([\s\S]*?)^=+$/m;
/** An access: what, and the function behind it. */
const ACCESS = /^(?:(Previous) )?((?:atomic )?(?:read|write)) at 0x[0-9a-f]+ by ([^:\n]+):\n {2}(\S+)\(/gim;

/** The first race that has been reported in full. */
export function raceIn(output: string): RunVerdict | undefined {
  if (!output.includes('DATA RACE')) return undefined;
  const body = REPORT.exec(output)?.[1];
  if (body === undefined) return undefined;
  const accesses = [...body.matchAll(ACCESS)].map(([, , what, who, name]) => `${what!.toLowerCase()} in ${name} by ${who}`);
  return {
    kind: 'race',
    text: accesses.length === 0 ? 'data race' : `data race: ${accesses.join(', ')}`,
    details: body.trimEnd().split('\n'),
  };
}

const MOST_DETAILS = 40;

/** What an exit means that is none of a program that has done well. */
export function endIn(output: string, status: number, signal: string | undefined): RunVerdict | undefined {
  const race = raceIn(output);
  if (race !== undefined) return race;
  if (status === 0) return undefined;
  const about = (kind: VerdictKind, from: number, text: string): RunVerdict => ({
    kind,
    text,
    details: output.slice(from).split('\n').slice(0, MOST_DETAILS),
  });
  if (signal !== undefined) return { kind: 'fault', text: `killed by ${signal}`, details: [] };
  const asleep = /^fatal error: (all goroutines are asleep - deadlock!)/m.exec(output);
  if (asleep !== null) return about('deadlock', asleep.index, asleep[1]!);
  const panic = /^panic: (.*)$/m.exec(output);
  if (panic !== null) {
    const fault = /^\[signal (SIG\w+):/m.exec(output);
    return about(fault === null ? 'panic' : 'fault', panic.index, panic[1]!);
  }
  const fatal = /^fatal error: (.*)$/m.exec(output);
  if (fatal !== null) return about('panic', fatal.index, fatal[1]!);
  const failed = /^\s*--- FAIL: (\S+).*$/m.exec(output);
  const said = failed === null ? '' : `: ${failed[1]} failed`;
  return about('exit', failed?.index ?? Math.max(0, output.length - 2000), `exit status ${status}${said}`);
}

/** What is looked for. */
export interface Until {
  readonly kinds: ReadonlySet<VerdictKind>;
  readonly output: RegExp | undefined;
}

export const USUAL_UNTIL: Until = {
  kinds: new Set((Object.keys(VERDICTS) as VerdictKind[]).filter(kind => VERDICTS[kind].usual)),
  output: undefined,
};
