import { type Answer, printedAnswer } from '../answer.js';
import { CommandError } from '../errors.js';
import { resume } from '../run/control.js';
import { resultsOf } from '../run/returned.js';
import { finishFrame, nextInstructions, runTo, stepInstructions, stepLines, untilNext } from '../run/step.js';
import { locate } from '../session/expressions.js';
import { mainFunction } from '../session/locations.js';
import type { Session } from '../session/session.js';
import type { Stop } from '../session/stop.js';
import { againOnce } from '../show/again-text.js';
import { frameStop } from '../show/frame-text.js';
import { stopData, stopText } from '../show/stop-text.js';
import { type Arguments, splitOptions } from './arguments.js';
import type { Command, Console } from './command.js';
import { displayText } from './displays.js';
import { givenTo } from './given.js';
import { afterStop, hasHook, isSilent } from './hooks.js';

/** What every command that moved the program answers. */
export async function moved(session: Session, console: Console, extra: readonly string[] = []): Promise<Answer> {
  let told = isSilent(session) ? '' : [stopText(session), ...extra, ...againOnce(session)].join('\n');
  const data = stopData(session);
  if (!hasHook(session)) return { output: lines(told, displayText(session)), data };
  // What the commands print comes behind what is told, and before what they have the program write.
  if (session.printed !== undefined) {
    if (told !== '') session.printed(`${told}\n`);
    told = '';
  }
  const { stop } = session;
  const hooked = await afterStop(session, console);
  const shown = session.stop === stop ? displayText(session) : '';
  return {
    output: lines(printedAnswer({ output: told }) + printedAnswer(hooked).replace(/\n$/, ''), shown),
    data,
    open: shown === '' && hooked.open === true,
  };
}

const lines = (...parts: readonly string[]): string => parts.filter(part => part !== '').join('\n');

/** Runs an action that moves the program. */
async function moving(session: Session, console: Console, action: () => Promise<Stop>): Promise<Answer> {
  session.requireProcess();
  await session.moving(action);
  return moved(session, console);
}

const running = { group: 'running', repeat: 'same', completion: [], meanwhile: 'refused' } as const;

export const runningCommands: readonly Command[] = [
  {
    ...running,
    name: 'continue',
    aliases: ['c', 'fg'],
    syntax: ['continue', 'continue N', 'continue LOCATION'],
    summary: 'run to the next breakpoint, signal or exit',
    details:
      'With a number, the breakpoint here is passed that many times less one. With a location, runs there. A signal that was stopped at is delivered.',
    completion: ['location'],
    run: continueCommand,
  },
  {
    ...running,
    name: 'stepi',
    aliases: ['si', 'step-instruction'],
    syntax: ['stepi [N]'],
    summary: 'execute one instruction, or N, of this thread',
    run: (session, args, console) => {
      const count = args.count(1);
      return moving(session, console, () => stepInstructions(session, count));
    },
  },
  {
    ...running,
    name: 'nexti',
    aliases: ['ni', 'next-instruction'],
    syntax: ['nexti [N]'],
    summary: 'execute one instruction, running calls to their return',
    run: (session, args, console) => {
      const count = args.count(1);
      return moving(session, console, () => nextInstructions(session, count));
    },
  },
  {
    ...running,
    name: 'step',
    aliases: ['s'],
    syntax: ['step [-go] [N]'],
    summary: 'run to another source line, into calls',
    details: [
      'Calls to functions without lines, and to what the compiler inserts of the runtime, are run through.',
      'With -go also into the goroutine that a go statement starts, and to and fro between the sides of iter.Pull.',
    ].join('\n'),
    run: (session, args, console) => {
      const [flags, rest] = splitOptions(args, { '-go': false });
      const count = rest.count(1);
      return moving(session, console, () => stepLines(session, count, true, flags.has('-go')));
    },
  },
  {
    ...running,
    name: 'next',
    aliases: ['n'],
    syntax: ['next [N]'],
    summary: 'run to another source line of this function or its caller, in this goroutine',
    run: (session, args, console) => {
      const count = args.count(1);
      return moving(session, console, () => stepLines(session, count, false));
    },
  },
  {
    ...running,
    name: 'finish',
    aliases: ['fin', 'stepout', 'so'],
    syntax: ['finish'],
    summary: 'run until the selected frame returns',
    details: 'The results of a Go function are printed when it has.',
    run: finishCommand,
  },
  {
    ...running,
    name: 'until',
    aliases: ['u'],
    syntax: ['until', 'until LOCATION'],
    summary: 'like next, but never back in a loop; or run to a location in this frame',
    completion: ['location'],
    run: (session, args, console) => {
      if (args.empty) return moving(session, console, () => untilNext(session));
      const { addresses } = locate(session, args.text, args.column);
      return moving(session, console, () => runTo(session, addresses, 'until', true));
    },
  },
  {
    ...running,
    name: 'advance',
    aliases: [],
    syntax: ['advance LOCATION'],
    summary: 'run to a location, or until the selected frame returns',
    completion: ['location'],
    run: (session, args, console) => {
      if (args.empty) throw args.error('advance wants a location');
      const { addresses } = locate(session, args.text, args.column);
      return moving(session, console, () => runTo(session, addresses, 'advance', true));
    },
  },
  {
    ...running,
    name: 'jump',
    aliases: ['j'],
    syntax: ['jump LOCATION'],
    summary: 'set RIP to a location and continue from there; nothing else changes',
    repeat: 'no',
    completion: ['location'],
    run: (session, args, console) => {
      if (args.empty) throw args.error('jump wants a location');
      const { addresses } = locate(session, args.text, args.column);
      if (addresses.length !== 1) throw args.error(`${args.text} is ${addresses.length} places; jump wants one (*ADDRESS)`);
      session.requireProcess();
      session.thread.registers.rip = addresses[0]!;
      session.changed(`jump ${args.text}`);
      return moving(session, console, () => resume(session));
    },
  },
  {
    ...running,
    name: 'return',
    aliases: [],
    syntax: ['return'],
    summary: "make the selected frame return now: RSP, RBP and RIP become its caller's, nothing of it runs",
    repeat: 'no',
    run: (session, args) => {
      args.none();
      session.requireProcess();
      const { physical } = session.frame;
      const caller = session.frames().find(each => each.index > session.frame.index && each.physical !== physical)?.physical;
      if (caller === undefined || physical.returnAddress === undefined)
        throw args.error('this frame has no caller on its stack to return to');
      const { registers } = session.thread;
      const bp = caller.registers.get('rbp');
      registers.set('rsp', caller.sp);
      registers.rip = caller.pc;
      if (bp !== undefined) registers.set('rbp', bp.value);
      session.changed('return');
      session.selection = { ...session.selection, frame: 0 };
      return frameStop(session);
    },
  },
  {
    ...running,
    name: 'restart',
    aliases: ['r', 'run', 'starti'],
    syntax: ['restart', 'restart ARGUMENT... [< FILE]', 'restart -noargs'],
    summary: 'start the program anew, stopped before its first instruction; run goes on from there',
    details:
      'Breakpoints, displays and settings stay. `run` also continues, as in gdb, and so does `r` where nothing has run yet. `< FILE` is what it reads from its standard input. Without anything behind it, it gets what it got before.',
    repeat: 'no',
    completion: ['file'],
    run: restartCommand,
  },
  {
    ...running,
    name: 'start',
    aliases: [],
    syntax: ['start', 'start ARGUMENT... [< FILE]', 'start -noargs'],
    summary: 'start the program anew and run to its main function',
    details: 'That is main.main of a Go program, and main of any other.',
    repeat: 'no',
    completion: ['file'],
    run: startCommand,
  },
  {
    ...running,
    name: 'kill',
    aliases: ['k'],
    syntax: ['kill'],
    summary: 'end the program; restart starts it again',
    repeat: 'no',
    run: (session, args, console) => {
      args.none();
      session.requireProcess();
      session.kill();
      return moved(session, console);
    },
  },
];

async function finishCommand(session: Session, args: Arguments, console: Console): Promise<Answer> {
  args.none();
  session.requireProcess();
  const results = resultsOf(session, session.frame);
  const stop = await session.moving(() => finishFrame(session));
  if (stop.reason !== 'finish') return moved(session, console);
  const returned = results();
  const answer = await moved(
    session,
    console,
    returned.map(({ name, text }) => `  returned ${name} = ${text}`),
  );
  return { output: answer.output, data: { ...(answer.data as object), returned: returned.map(({ data }) => data) } };
}

async function continueCommand(session: Session, args: Arguments, console: Console): Promise<Answer> {
  session.requireProcess();
  if (args.empty) return moving(session, console, () => resume(session));
  const { stop } = session;
  if (/^\d+$/.test(args.text)) {
    if (!('breakpoint' in stop)) {
      throw args.error('the program does not stand at a breakpoint, so there is none to pass; :LINE is a location');
    }
    stop.breakpoint.ignore = args.count(1) - 1;
    return moving(session, console, () => resume(session));
  }
  const { addresses } = locate(session, args.text.replace(/^:(?=\d)/, ''), args.column);
  return moving(session, console, () => runTo(session, addresses, 'advance', false));
}

async function startCommand(session: Session, args: Arguments, console: Console): Promise<Answer> {
  const main = mainFunction(session.target.images);
  if (main === undefined) throw args.error('the program has no function main that has a name: starti stops before its first instruction');
  session.restart(args.empty ? undefined : givenTo(args));
  return moving(session, console, () => runTo(session, [session.target.images.afterPrologue(main)], 'advance', false));
}

async function restartCommand(session: Session, args: Arguments, console: Console): Promise<Answer> {
  // gdb's `r` runs, and Delve's starts anew: where nothing has run yet that would do nothing.
  const runs = args.verb === 'run' || (args.verb === 'r' && args.empty && session.stop.reason === 'start');
  session.restart(args.empty ? undefined : givenTo(args));
  if (session.launcher.renewed === true) relocate(session);
  if (runs) return moving(session, console, () => resume(session));
  return moved(session, console);
}

/** Finds the breakpoints' places in a program that was made anew. */
function relocate(session: Session): void {
  session.sources.forget();
  for (const breakpoint of session.breakpoints.all) {
    if (breakpoint.kind !== 'break') continue;
    try {
      breakpoint.addresses = locate(session, breakpoint.spec, 0).addresses;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      breakpoint.addresses = [];
      session.events.emit('message', {
        text: `breakpoint ${breakpoint.id} (${breakpoint.spec}) has no place in the new program: ${error.message}`,
      });
    }
    session.breakpoints.changed(breakpoint);
  }
}
