/** Schedules as text: what was run, and each decision that was made in place of the usual, a line each. */
import { Told } from '../host/told.js';
import { type OrderDecision, TIME } from './party.js';

const FIRST = 'r14 schedule 1';

/** What a schedule is of: it is the same run only if all of this is the same. */
export interface ScheduledRun {
  /** The program's name, for people. */
  readonly program: string;
  /** SHA-256 of its file. */
  readonly binary: string;
  /** r14's version. */
  readonly made: string;
  readonly args: readonly string[];
  /** `K=V`, as --env gives them. */
  readonly env: readonly string[];
  readonly cpus: number;
  /** The machine's seed. */
  readonly machine: number;
}

export interface Schedule {
  readonly run: ScheduledRun;
  /** Where the decisions are from, for people. */
  readonly strategy: string;
  readonly seed: number;
  /** What Go's own random choices are drawn from; undefined: as they are. */
  readonly stir: number | undefined;
  /** The process's `t` from which on it decides: before, threads have fair turns. */
  readonly begins: number;
  readonly decisions: readonly OrderDecision[];
}

const NAMES = [
  'program',
  'binary',
  'made-by',
  'argument',
  'env',
  'cpus',
  'machine-seed',
  'strategy',
  'seed',
  'go-random',
  'begins',
] as const;
type Name = (typeof NAMES)[number];

const partyText = (who: number): string => (who === TIME ? 'time' : String(who));

/** `comment`: what stands behind each decision. */
export function scheduleText(
  { run, strategy, seed, stir, begins, decisions }: Schedule,
  comment: (decision: OrderDecision) => string | undefined,
): string {
  const quoted = (name: Name, values: readonly string[]) => values.map(value => `${name} ${JSON.stringify(value)}`);
  return `${[
    FIRST,
    `program ${JSON.stringify(run.program)}`,
    `binary ${run.binary}`,
    `made-by ${run.made}`,
    ...quoted('argument', run.args),
    ...quoted('env', run.env),
    `cpus ${run.cpus}`,
    `machine-seed ${run.machine}`,
    `strategy ${strategy}`,
    `seed ${seed}`,
    ...(stir === undefined ? [] : [`go-random ${stir}`]),
    ...(begins === 0 ? [] : [`begins ${begins}`]),
    '',
    '# GOROUTINE.TIME -> GOROUTINE: when the first, at a point for the TIME-th time, would go on, the other does.',
    ...decisions.map(decision => {
      const said = comment(decision);
      return `${decision.who}.${decision.count} -> ${partyText(decision.chosen)}${said === undefined ? '' : `  # ${said}`}`;
    }),
  ].join('\n')}\n`;
}

/** Reads a schedule. Throws Told with file, line and reason. */
export function parseSchedule(text: string, file: string): Schedule {
  const lines = text.split('\n').map(line => line.replace(/\r$/, ''));
  const refuse = (index: number, why: string): never => {
    throw new Told(`${file}:${index + 1}: ${why}`);
  };
  if (lines[0] !== FIRST) {
    const other = /^r14 schedule (\d+)$/.exec(lines[0] ?? '');
    refuse(
      0,
      other === null
        ? `this is no schedule: the first line is to be "${FIRST}"`
        : `a schedule of version ${other[1]}, this r14 reads version 1`,
    );
  }
  const values = new Map<Name, string[]>();
  const decisions: OrderDecision[] = [];
  for (const [index, line] of lines.entries()) {
    if (index === 0 || /^\s*(#|$)/.test(line)) continue;
    const decision = /^\s*(\d+)\.(\d+)\s*->\s*(\d+|time)\s*(?:#.*)?$/.exec(line);
    if (decision !== null) {
      const [who, count, chosen] = [Number(decision[1]), Number(decision[2]), decision[3] === 'time' ? TIME : Number(decision[3])];
      if (![who, count, chosen].every(Number.isSafeInteger)) refuse(index, 'a number that is too large');
      decisions.push({ who, count, chosen });
      continue;
    }
    const [, name = '', value = ''] = /^([a-z-]+) (.*)$/.exec(line) ?? [];
    const known = NAMES.find(each => each === name) ?? refuse(index, `neither a decision (8.14 -> 9) nor one of ${NAMES.join(', ')}`);
    if (decisions.length > 0) refuse(index, `${name} stands behind decisions`);
    values.set(known, [...(values.get(known) ?? []), value]);
  }
  const one = (name: Name): string => values.get(name)?.at(-1) ?? refuse(0, `it has no line "${name}"`);
  const number = (name: Name): number => {
    const value = /^\d+$/.test(one(name)) ? Number(one(name)) : Number.NaN;
    return Number.isSafeInteger(value) ? value : refuse(0, `${name} "${one(name)}" is no number`);
  };
  const texts = (name: Name): string[] =>
    (values.get(name) ?? []).map(value => {
      try {
        const read: unknown = JSON.parse(value);
        if (typeof read === 'string') return read;
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
      }
      return refuse(0, `${name} ${value} is not in quotes`);
    });
  return {
    run: {
      program: texts('program')[0] ?? refuse(0, 'it has no line "program"'),
      binary: one('binary'),
      made: one('made-by'),
      args: texts('argument'),
      env: texts('env'),
      cpus: number('cpus'),
      machine: number('machine-seed'),
    },
    strategy: one('strategy'),
    seed: number('seed'),
    stir: values.has('go-random') ? number('go-random') : undefined,
    begins: values.has('begins') ? number('begins') : 0,
    decisions,
  };
}

/** Why a schedule is not of this run; undefined: it is. */
export function unfit({ run }: Schedule, here: ScheduledRun): string | undefined {
  if (run.binary !== here.binary)
    return `it is of another ${run.program} than this one: that has the SHA-256 ${run.binary.slice(0, 12)}..., this one ${here.binary.slice(0, 12)}...; explore this one`;
  if (run.made !== here.made)
    return `it was made by r14 ${run.made}, whose threads take other times than those of this r14 ${here.made}: explore again`;
  if (JSON.stringify(run.args) !== JSON.stringify(here.args))
    return `it is of a run with the arguments ${run.args.join(' ') || '(none)'}, not ${here.args.join(' ') || '(none)'}`;
  if (JSON.stringify(run.env) !== JSON.stringify(here.env))
    return `it is of a run with --env ${run.env.join(' --env ') || '(none)'}, not ${here.env.join(' ') || '(none)'}`;
  if (run.cpus !== here.cpus) return `it is of a run with --cpus ${run.cpus}, not ${here.cpus}`;
  if (run.machine !== here.machine) return `it is of a run with --seed ${run.machine}, not ${here.machine}`;
  return undefined;
}
