/** Signals: what the debugger does at them, what the program has installed, and where the next handler of each thread would run. */
import { hex } from '../../host/hex.js';
import { defaultAction, SIGNAL_MAX, SIGNAL_RT_MIN, signalName, signalsIn } from '../../linux/abi/signals.js';
import type { SignalHandler, Thread } from '../../linux/api.js';
import { type Answer, type Data, text } from '../answer.js';
import { describeCode } from '../code/describe.js';
import type { Session } from '../session/session.js';
import type { StackName } from '../stack/frame.js';
import { stackNamed } from '../stack/walk-target.js';

const yes = (value: boolean): string => (value ? 'yes' : 'no').padEnd(5);

/** The table of `handle`: what the debugger does, and of a program that runs what it has installed. `which`: all those that are told of by default. */
export function signalTable(session: Session, which?: readonly number[]): Answer {
  const installed = session.exited ? [] : session.target.process.signalHandlers;
  const rows = (which ?? standard(installed)).map(number => {
    const { stop, print, pass } = session.signals.of(number);
    return { signal: signalName(number), stop, print, pass, action: installed[number - 1] };
  });
  const lines = rows.map(({ signal, stop, print, pass, action }) => {
    const does = action === undefined ? '' : `  ${actionText(session, action)}`;
    return `${signal.padEnd(11)} ${yes(stop)} ${yes(print)} ${yes(pass)}${does}`.trimEnd();
  });
  const title = `signal      stop  print pass${installed.length === 0 ? '' : '   what the program does'}`;
  return text(
    [title, ...lines].join('\n'),
    rows.map(({ action, ...row }) => ({ ...row, ...(action === undefined ? {} : actionData(action)) })),
  );
}

/** Real-time signals are told of where a program has a handler for them; Go has one for each. */
const standard = (installed: readonly SignalHandler[]): number[] =>
  Array.from({ length: SIGNAL_MAX }, (_, index) => index + 1).filter(
    number => number < SIGNAL_RT_MIN || !sameAs(installed[number - 1], installed[number - 2]),
  );

const sameAs = (one: SignalHandler | undefined, other: SignalHandler | undefined): boolean =>
  one?.handler === other?.handler && one?.mask === other?.mask && `${one?.flags}` === `${other?.flags}`;

function actionText({ target }: Session, { signal, handler, flags, mask }: SignalHandler): string {
  if (handler === 'ignore') return 'ignored';
  if (handler === 'default') return `default: ${DEFAULTS[defaultAction(signal)]}`;
  const blocked = signalsIn(mask);
  const all = blocked.length >= SIGNAL_MAX - 2;
  const masks = blocked.length === 0 ? '' : `, blocks ${all ? 'all' : blocked.map(signalName).join(' ')}`;
  return [describeCode(target.images, handler), ...flags].join(' ') + masks;
}

const DEFAULTS = { terminate: 'ends it', core: 'ends it', ignore: 'nothing', stop: 'stops it', continue: 'goes on' } as const;

const actionData = ({ handler, flags, mask }: SignalHandler): { readonly [key: string]: Data } => ({
  handler: typeof handler === 'bigint' ? hex(handler) : handler,
  flags: [...flags],
  blocks: signalsIn(mask).map(signalName),
});

/** The mask of a thread, its alternate stack, and the stack on which handlers would run. */
export function signalStateOf({ target }: Session, thread: Thread): Answer {
  const { walkTarget } = target;
  const g = target.threadG(thread);
  const { sigaltstack: own, blockedSignals, pendingSignals } = thread;
  const stacks = new Map<string, { readonly stack: StackName; readonly signals: number[] }>();
  for (const { signal, handler } of target.process.signalHandlers) {
    if (typeof handler !== 'bigint') continue;
    const stack = stackNamed(walkTarget, thread.handlerStack(signal) - 1n, g);
    const entry = stacks.get(stack.name) ?? { stack, signals: [] };
    entry.signals.push(signal);
    stacks.set(stack.name, entry);
  }
  const largest = Math.max(0, ...[...stacks.values()].map(({ signals }) => signals.length));
  const runs = [...stacks.values()].map(({ stack, signals }) => {
    const which = signals.length === largest && stacks.size > 1 ? ' others' : stacks.size > 1 ? ` ${names(signals)}` : '';
    return `  a handler${which === '' ? '' : ` of${which}`} would run on ${stackText(stack)}${wrong(stack)}`;
  });
  const number = target.threadNumber(thread);
  const lines = [
    `thread ${number}: blocks ${names(signalsIn(blockedSignals))}${pendingSignals === 0n ? '' : `, pending ${names(signalsIn(pendingSignals))}`}`,
    `  alternate stack ${own === undefined ? 'none' : stackText(stackNamed(walkTarget, own.start + own.size - 1n, g))}`,
    ...runs,
    ...thread.signalFrames.map(({ frame, signal }) => `  handling ${signalName(signal)}, whose frame is at ${hex(frame)}`),
  ];
  return text(lines.join('\n'), {
    thread: number,
    blocked: signalsIn(blockedSignals).map(signalName),
    pending: signalsIn(pendingSignals).map(signalName),
    alternateStack: own === undefined ? null : { lo: hex(own.start), hi: hex(own.start + own.size) },
    handlersRunOn: [...stacks.values()].map(({ stack, signals }) => ({ stack: stack.name, signals: signals.map(signalName) })),
    frames: thread.signalFrames.map(({ frame, signal }) => ({ frame: hex(frame), signal: signalName(signal) })),
  });
}

const stackText = ({ name, lo, hi }: StackName): string => `${name}, ${hex(lo)} to ${hex(hi)}`;

const wrong = ({ kind }: StackName): string =>
  kind === 'goroutine' ? ': it was installed without SA_ONSTACK, which Go requires (package os/signal), and may overflow that stack' : '';

function names(signals: readonly number[]): string {
  if (signals.length === 0) return 'none';
  const missing = SIGNAL_MAX - signals.length;
  if (missing > 8) return signals.map(signalName).join(' ');
  const others = signalsIn(~signals.reduce((mask, signal) => mask | (1n << BigInt(signal - 1)), 0n));
  return `all but ${others.map(signalName).join(' ')}`;
}
