import { type Answer, text } from '../answer.js';
import { lens } from '../lens/lens.js';
import { RULES } from '../lens/rules.js';
import type { Session } from '../session/session.js';
import { Arguments } from './arguments.js';
import type { Command, Console } from './command.js';

export const abiCommands: readonly Command[] = [
  {
    name: 'abi',
    aliases: [],
    group: 'data',
    repeat: 'no',
    syntax: ['abi'],
    summary: 'the call at this place, from both sides: conventions, where each argument is, and the way it came',
    details: [
      "At a call or a jump to another function, at a function's first instruction and at its return it shows the convention of caller and callee, the place",
      "and value of each argument or result, RSP and its alignment, and what the callee must keep. An argument's way is followed backwards through the",
      'instructions of the functions on the stack: RAX (callpc) -> 0(SP) -> R11 -> RSI. A stack place is named as the function names it that wrote it. Where',
      'several instructions can have written a place, the way begins there, and in brackets stands why. Between calls, it shows the entry of the function',
      'with what is still known of it.',
    ].join('\n'),
    completion: [],
    run: (session, args) => {
      args.none();
      return lens(session.scene);
    },
  },
  {
    name: 'abi check',
    meanwhile: 'acts',
    aliases: [],
    group: 'data',
    repeat: 'no',
    syntax: ['abi check', 'abi check on|off', 'abi check first'],
    summary: 'stop where a calling convention is broken',
    details: [
      'While it is on, every call, return and entry of a function is looked at, and the program stops before the instruction that would go on with a',
      'broken convention: R14 is not g or X15 is not zero at an entry of Go code or at a return to it, RSP is not a multiple of 16 at a call of C, a function',
      'does not hand back a callee-saved register as it got it (C, and what C calls: RBX, RBP, R12 to R15; all others: RBP), RSP is not at the return address',
      'at a RET or that was overwritten, DF is set, RBP does not point at the frame of the caller, Go code is entered on a stack that is not that of its g or with',
      'an FS base that is not that of its thread, a signal handler is entered on the stack of a goroutine, a function returns without the racefuncexit of its',
      'racefuncenter, or the race detector is about to get a nil context, which',
      'is where race-instrumented code is entered on g0. At a RET the function is named that returns. continue goes on. Alone, it says whether it is on, and',
      'lists the rules. first: restart, on and continue, which is what a fault offers that may come of a broken convention.',
    ].join('\n'),
    completion: [],
    run: check,
  },
];

function check(session: Session, args: Arguments, console: Console): Answer | Promise<Answer> {
  const { checks } = session;
  if (args.text === 'first') {
    if (session.aside) throw args.error('the program is running: interrupt stops it');
    session.restart(undefined);
    checks.on = true;
    session.stopsChanged();
    return console.dispatch(session, new Arguments('continue', 0));
  }
  if (!args.empty) {
    if (args.text !== 'on' && args.text !== 'off') throw args.error('abi check wants on, off or first');
    checks.on = args.text === 'on';
    session.stopsChanged();
    return text(`Calling conventions are ${checks.on ? '' : 'not '}checked.`, { on: checks.on, stops: checks.stops });
  }
  const lines = Object.entries(RULES).map(([name, { title, source }]) => `  ${name.padEnd(14)} ${title}. ${source}`);
  const state = `Calling conventions are ${checks.on ? '' : 'not '}checked; ${checks.stops} stop${checks.stops === 1 ? '' : 's'} so far.`;
  return { output: [state, ...lines].join('\n'), data: { on: checks.on, stops: checks.stops, rules: Object.keys(RULES) } };
}
