/** The command line that comes to a crash again. */
import { DEFAULT_CPU } from '../../cpu/cpuid.js';
import { shellWord } from '../../host/shell-word.js';
import type { Process } from '../../linux/api.js';
import { startOf } from '../session/launcher.js';
import type { Session } from '../session/session.js';

/** Of each process, the branches of its run on which that was told. */
const toldOf = new WeakMap<Process, Set<number>>();

/** The line at the stop that ends a run, once for a run however often one comes by there: `again: r14 exec --seed 0 ... PATH`. */
export function againOnce(session: Session): readonly string[] {
  if (!isCrash(session)) return [];
  const { process } = session.target;
  const told = toldOf.get(process) ?? new Set();
  toldOf.set(process, told);
  const branch = session.history?.branch.id ?? 1;
  if (told.has(branch)) return [];
  told.add(branch);
  const line = againLine(session);
  return line === undefined ? [] : [line];
}

/** Whether the run ends here, or with the next step: what Go makes a panic of may still be recovered. */
function isCrash({ stop, target }: Session): boolean {
  if (stop.reason === 'ending') return stop.ending.kind !== 'recursion';
  if (stop.reason === 'exited') return stop.signal !== undefined && stop.signal !== 'SIGKILL';
  if (stop.reason !== 'signal' || (stop.signal.fault === undefined && stop.signal.sender !== target.process.pid)) return false;
  if (stop.signal.fault?.vector === '#BP' || stop.signal.fault?.vector === '#DB') return false;
  const handler = target.process.signalHandlers.find(({ signal }) => signal === stop.signal.signal)?.handler;
  if (handler === undefined || handler === 'default') return true;
  return target.go !== undefined && !becomesPanic(target);
}

/** Whether Go's handler calls sigpanic: of a fault in Go code on a goroutine's stack. */
function becomesPanic(target: Session['target']): boolean {
  const [frame] = target.stack().frames(1);
  const { func, stack } = frame?.physical ?? {};
  return func?.language === 'go' && stack?.kind === 'goroutine';
}

/** Undefined: of this run is not known how it was started, or it is not the program's own. */
function againLine({ target, history, stop, launcher, input, clients, host }: Session): string | undefined {
  const started = startOf(target.process)?.started;
  if (started === undefined || history?.firstChange !== undefined) return undefined;
  if (host.comesAgain !== undefined) return host.comesAgain;
  const read = input.asked > 0 && input.record().pieces.some(({ bytes }) => bytes.length > 0);
  if (launcher.unsteered !== undefined && (launcher.schedule === undefined || read))
    return 'again: it runs by a schedule; restart and continue come here';
  if (launcher.recording !== undefined) return `again: r14 replay ${shellWord(launcher.recording)}`;
  if (read) return 'again: it has read input; save FILE.r14 keeps that, and r14 replay FILE.r14 comes here';
  if (clients?.used) return 'again: clients have reached it; save FILE.r14 keeps what they sent, and r14 replay FILE.r14 comes here';
  const { path, args = [], seed = 0, cpu, cpus, env = {}, allowRead = [], allowWrite = [], overlay = [], sysroot, bundled = {} } = started;
  const { allowExec = [], processes, netDelay, netLoss } = started;
  const given: readonly (readonly [string, string | number | boolean | undefined])[] = [
    ['schedule', launcher.schedule],
    ['seed', seed],
    ['cpu', cpu === DEFAULT_CPU ? undefined : cpu],
    ['cpus', cpus],
    ['sysroot', sysroot],
    ['variant', bundled.variant],
    ['race', bundled.race],
    ...Object.entries(env).map(([key, value]) => ['env', `${key}=${value}`] as const),
    ...[...allowRead].map(each => ['allow-read', each] as const),
    ...[...allowWrite].map(each => ['allow-write', each] as const),
    ...[...overlay].map(each => ['overlay', each] as const),
    ...[...allowExec].map(each => ['allow-exec', each] as const),
    ['processes', processes],
    ['net-delay', netDelay === undefined ? undefined : `${netDelay}ns`],
    ['net-loss', netLoss],
  ];
  const flags = given.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, shellWord(String(value))]));
  const ended = stop.reason === 'exited';
  const way = [...(ended ? [] : [`-ex 'seek ${target.process.t}'`]), ...(ended || stop.reason === 'signal' ? ['-ex continue'] : [])];
  const rest = args.length > 1 ? ['--', ...args.slice(1).map(shellWord)] : [];
  return `again: ${['r14 exec', ...flags, ...way, shellWord(path), ...rest].join(' ')}`;
}
