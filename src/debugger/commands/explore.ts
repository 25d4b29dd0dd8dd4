/** Orders of goroutines, in a session. What does it is loaded when it is first asked for. */
import type { Command } from './command.js';

const exploring = { group: 'time', repeat: 'no', completion: [], meanwhile: 'refused' } as const;

export const exploreCommands: readonly Command[] = [
  {
    ...exploring,
    name: 'schedule',
    aliases: [],
    syntax: ['schedule', 'schedule flip K', 'schedule save FILE'],
    summary: "list what this run's schedule has decided so far, run again without the K-th of it, or keep it in a file",
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
    summary: 'try many orders of its goroutines from here, and stop where it fails in the first in which it does',
    details: [
      "As `r14 explore` does, with this session's processors (--cpus 8 lets more goroutines run at the same time): races, faults, panics, deadlocks, leaks and exit",
      'statuses. Each order begins with the program as it stands, in a process beside; Ctrl-C leaves, with nothing changed. The order that is found is made small, and',
      'the program goes on in it, in a branch of its own, to where it fails; `branches` lists both. At the start of the program `restart` starts the same run again.',
    ].join('\n'),
    run: async (session, args, console) => (await import('./exploring.js')).exploreHere(session, args, console),
  },
];
