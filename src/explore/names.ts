/** What a search can be told, by name: apart from what does it, which need not be there to print a help. */

interface StrategyName {
  readonly summary: string;
  /** What stands behind a colon, and what that is if nothing does; absent: nothing may. */
  readonly parameter?: { readonly name: string; readonly usual: number };
}

export const STRATEGY_TABLE = {
  mixed: { summary: 'the others by turns, which find different things' },
  usual: { summary: 'who runs goes on until it waits, then who has waited longest' },
  random: { summary: 'anybody, at each point' },
  pct: { summary: 'random priorities, which change D-1 times', parameter: { name: 'D', usual: 3 } },
  delay: { summary: 'the usual order, in which D times somebody is passed over', parameter: { name: 'D', usual: 2 } },
  chaos: { summary: 'by chance, and for long stretches one does not run at all' },
} as const satisfies Readonly<Record<string, StrategyName>>;

export type StrategyKind = keyof typeof STRATEGY_TABLE;

export const STRATEGY_NAMES: readonly string[] = Object.entries(STRATEGY_TABLE).map(([name, row]: [string, StrategyName]) =>
  row.parameter === undefined ? name : `${name}:${row.parameter.name}`,
);

/** The number that a strategy has if none is given; undefined: it has none. */
export const usualParameter = (kind: StrategyKind): number | undefined => (STRATEGY_TABLE[kind] as StrategyName).parameter?.usual;

/** What a search can look for, and whether it does unless it is told. */
export const VERDICTS = {
  race: { usual: true, summary: "the race detector's report" },
  fault: { usual: true, summary: 'a memory fault, or another signal that ends it' },
  panic: { usual: true, summary: 'a panic that nobody recovers, or another fatal error of the runtime' },
  deadlock: { usual: true, summary: 'goroutines that wait for each other, also a part of them' },
  leak: { usual: true, summary: 'goroutines that nothing can wake when main or a test has returned' },
  exit: { usual: true, summary: 'an exit status other than 0' },
  output: { usual: false, summary: 'a text that it prints' },
  hang: { usual: false, summary: 'no end within --limit instructions, or nothing but waiting for --hang' },
} as const;

export type VerdictKind = keyof typeof VERDICTS;
