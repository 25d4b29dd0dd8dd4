/** Orders of goroutines, in a session. What does it is loaded when it is first asked for. */
import type { Command } from './command.js';

const exploring = { group: 'time', repeat: 'no', completion: [], meanwhile: 'refused' } as const;

export const exploreCommands: readonly Command[] = [
  {
    ...exploring,
    name: 'schedule',
    aliases: [],
    syntax: ['schedule', 'schedule flip K'],
    summary: "list what this run's schedule has decided so far, or run again without the K-th of it",
    details: [
      'A decision is where another goroutine went on than the one that would have. Runs have a schedule when they were started with --schedule, and after',
      '`explore`; all others have fair turns, in which nothing is decided. `schedule flip K` starts the program anew and continues.',
    ].join('\n'),
    run: async (session, args, console) => (await import('./exploring.js')).scheduleCommand(session, args, console),
  },
  {
    ...exploring,
    name: 'explore',
    aliases: [],
    syntax: ['explore [-runs N] [-strategy NAME]'],
    summary: 'run the program in many orders of its goroutines, beside this session, and start it anew in the first in which it fails',
    details: [
      "As `r14 explore` does, with this session's processors (--cpus 8 lets more goroutines run at the same time): races, faults, panics, deadlocks, leaks and exit",
      'statuses. The order is made small; then the session is at the start of that run, and `continue` goes to where it fails. `restart` starts the same run again.',
    ].join('\n'),
    run: async (session, args, console) => (await import('./exploring.js')).exploreHere(session, args, console),
  },
];
