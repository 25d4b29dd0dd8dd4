/** How a stop is told: one line of what and where, then the instruction or the source line there. */

import { grouped } from '../../host/grouped.js';
import { hex } from '../../host/hex.js';
import { raceRegion, shadowedAddress } from '../../runtime/race/layout.js';
import type { Data } from '../answer.js';
import { describeCode } from '../code/describe.js';
import { disassembleAt } from '../code/disassemble.js';
import { addressRegisters, explainFault, type Faulted, type Holder } from '../code/operands.js';
import { violationText } from '../lens/checks.js';
import { heldIn } from '../lens/held.js';
import { RULES, type Violation } from '../lens/rules.js';
import { raceHere, raceView } from '../memory/race.js';
import { storyOf } from '../memory/race-story.js';
import type { EndingKind, Watchpoint } from '../session/breakpoints.js';
import { mainFunction } from '../session/locations.js';
import type { Session } from '../session/session.js';
import type { Stop, WatchChange } from '../session/stop.js';
import { stackText } from '../stack/frame.js';
import { stackNamed } from '../stack/walk-target.js';
import { fieldAt } from '../values/field-at.js';
import { frameStop, writtenBy } from './frame-text.js';
import { waitingLines } from './goroutine-text.js';
import { outlook } from './outlook.js';
import { shadowAnswer } from './race-text.js';
import { racePair, racingText } from './race-why.js';

/** What a command that moves the program says as data. */
export interface StopData {
  readonly [key: string]: Data;
  readonly reason: string;
  readonly signal: string | null;
  /** Fault or watch address. */
  readonly address: string | null;
  readonly pc: string | null;
  readonly function: string | null;
  readonly t: number;
  readonly thread: number | null;
  readonly goroutine: number | null;
}

export function stopData(session: Session): StopData {
  const { stop, target } = session;
  const { t } = target.process;
  if (stop.reason === 'exited') {
    const { status, signal = null } = stop;
    const result = session.launcher.result?.(target.process);
    return {
      reason: 'exited',
      signal,
      address: null,
      pc: null,
      function: null,
      t,
      thread: null,
      goroutine: null,
      status,
      ...(result === undefined ? {} : { results: result.data }),
    };
  }
  const { rip } = session.thread.registers;
  const goroutine = session.target.goroutineOf(session.thread);
  const address = stop.reason === 'watchpoint' ? stop.address : stop.reason === 'signal' ? stop.signal.address : undefined;
  return {
    reason: stop.reason === 'ending' ? stop.ending.kind : stop.reason === 'register' ? 'watchpoint' : stop.reason,
    signal: stop.reason === 'signal' ? stop.signal.name : null,
    address: address === undefined ? null : hex(address),
    pc: hex(rip),
    function: session.target.images.functionAt(rip)?.name ?? session.target.images.symbolAt(rip)?.symbol.name ?? null,
    t,
    thread: session.target.threadNumber(session.thread),
    goroutine: goroutine === undefined ? null : Number(goroutine.id),
    ...(stop.reason === 'abi' ? { rule: stop.violation.rule } : {}),
    ...('breakpoint' in stop ? { breakpoint: stop.breakpoint.id } : {}),
    ...(stop.reason === 'register' ? { breakpoint: stop.changes[0]!.breakpoint.id } : {}),
    ...(stop.reason === 'scope' ? { breakpoint: stop.watchpoints[0]!.id } : {}),
    ...(stop.reason === 'ending' ? { message: stop.ending.message } : {}),
  };
}

export function stopText(session: Session): string {
  const { stop } = session;
  const time = `t=${grouped(session.target.process.t)}`;
  if (stop.reason === 'exited') {
    const result = session.launcher.result?.(session.target.process);
    return [
      `${time}  ${exitText(stop)}`,
      ...(result === undefined || result.text === '' ? [] : [result.text]),
      ...refusalLines(session),
    ].join('\n');
  }
  const lines = [`${time}  ${whyText(session)}${whereText(session)}`, ...detailLines(session), ...refusalLines(session)];
  return lines.join('\n');
}

const watchName = ({ breakpoint }: WatchChange): string => `${breakpoint.id} (${breakpoint.kind === 'watch' ? breakpoint.spec : ''})`;

/** `at 0x590148 (.name): "" -> "first"`: where in it a larger value has changed. */
function changeText({ breakpoint, address, before, after }: WatchChange): string {
  const { watch, type } = breakpoint as Watchpoint;
  const offset = Number(address - watch.address);
  const path = type === undefined || offset === 0 ? '' : fieldAt(type, offset).path;
  return `at ${hex(address)}${path === '' ? '' : ` (${path})`}: ${before} -> ${after}`;
}

/** What Go writes before what it has to say; of the last it says nothing yet. */
const ENDING_TITLES: Readonly<Record<EndingKind, string>> = {
  panic: 'panic',
  throw: 'fatal error',
  deadlock: 'fatal error',
  recursion: 'large stack',
};

const exitText = ({ signal, status }: Stop & { reason: 'exited' }): string =>
  `the program ${signal === undefined ? `exited with status ${status}` : `was killed by ${signal} (status ${status})`}`;

function processText(stop: Stop & { reason: 'process' }): string {
  if (stop.event === 'exec') return `process ${stop.pid} is now ${stop.path}`;
  if (stop.event === 'exited') {
    const how = stop.signal === undefined ? `exited with status ${stop.status}` : `was killed by ${stop.signal}`;
    return `process ${stop.pid} ${how}, others go on`;
  }
  return `${stop.event}: process ${stop.pid} has made process ${stop.child}`;
}

function whyText(session: Session): string {
  const { stop } = session;
  switch (stop.reason) {
    case 'start':
      return 'at the start: ';
    case 'moment':
      return stop.edge === undefined ? '' : `the history ${stop.edge === 'start' ? 'begins' : 'ends'} here, in `;
    case 'breakpoint':
      return `${raceHere(session.target) === undefined ? '' : 'data race, '}breakpoint ${stop.breakpoint.name ?? stop.breakpoint.id} in `;
    case 'ending':
      return `${ENDING_TITLES[stop.ending.kind]}: ${stop.ending.message}; in `;
    case 'watchpoint':
      return `watchpoint ${[stop, ...stop.also].map(watchName).join(' and ')} ${stop.access === 'read' ? 'read' : 'written'} in `;
    case 'register':
      return `watchpoint ${stop.changes.map(({ breakpoint }) => `${breakpoint.id} (${breakpoint.spec})`).join(' and ')} changed, in `;
    case 'scope':
      return `${stop.watchpoints.map(each => `watchpoint ${each.id} (${each.spec}) ends, as ${each.function} has returned`).join(', ')}; in `;
    case 'signal':
      return `${stop.signal.name} in `;
    case 'abi':
      return `${RULES[stop.violation.rule].title}, in `;
    case 'syscall':
      return `system call ${stop.name} (${stop.number}) ${stop.phase === 'entry' ? 'entered' : 'returned'} in `;
    case 'thread':
      return `thread ${session.target.threadNumber(stop)} ${stop.event}, in `;
    case 'process':
      return `${processText(stop)}; in `;
    case 'interrupted':
      return 'interrupted in ';
    case 'limit':
      return 'the instruction limit is reached, in ';
    case 'deadlock':
      return 'deadlock: every thread waits, and no timer is due; in ';
    case 'memory-limit':
      return 'the guest would touch more memory than --memory allows, in ';
    case 'unsupported':
      return 'unsupported instruction in ';
    default:
      return '';
  }
}

/** The stop in one line, for where thread, goroutine and time are told elsewhere; `detail` is what else there is to say, often nothing. */
export function stopHeadline(session: Session): { readonly what: string; readonly detail: string } {
  const { stop } = session;
  if (stop.reason === 'exited') return { what: exitText(stop), detail: '' };
  const race = stop.reason === 'breakpoint' ? raceHere(session.target) : undefined;
  if (race !== undefined) {
    const { now, before } = storyOf(raceView(session.target), race);
    return { what: `data race: ${racingText(now)}`, detail: `before: ${racingText(before)}` };
  }
  const { rip } = session.target.faulted ?? session.target.process.current.registers;
  const line =
    session.target.faulted === undefined ? session.target.lineOf(session.target.process.current) : session.target.images.lineAt(rip);
  const at = line === undefined ? '' : ` at ${line.file.split('/').at(-1)}:${line.line}`;
  return { what: `${whyText(session)}${placeText(session, rip)}${at}`, detail: detailText(session) };
}

function detailText(session: Session): string {
  const { stop } = session;
  switch (stop.reason) {
    case 'signal':
      if (session.target.faulted === undefined) return stop.signal.sender === undefined ? '' : `sent by process ${stop.signal.sender}`;
      return session.target.faulted.fault.vector === '#BP' ? "the program's own breakpoint" : explained(session, session.target.faulted);
    case 'breakpoint':
      return stop.problem ?? '';
    case 'start': {
      const main = mainFunction(session.target.images);
      return main === undefined ? '' : `start runs to ${main.name}`;
    }
    case 'ending':
      return stop.problem ?? stop.ending.details[0] ?? '';
    case 'syscall':
      return stop.text;
    case 'register':
      return stop.changes.map(({ before, after }) => `${hex(before)} -> ${hex(after)}`).join('; ');
    case 'watchpoint':
      return [stop, ...stop.also].map(({ before, after }) => `${before} -> ${after}`).join('; ');
    case 'unsupported':
      return `${stop.text} is not among the instructions that r14 has`;
    default:
      return '';
  }
}

/** `main.main+20`; a function's entry is told from the function as a whole by `+0`. */
function placeText(session: Session, rip: bigint): string {
  const described = describeCode(session.target.images, rip);
  return rip === session.target.images.functionAt(rip)?.entry ? `${described}+0` : described;
}

function whereText(session: Session): string {
  const { thread } = session;
  const { registers } = thread;
  const line = session.target.lineOf(thread);
  const goroutine = session.target.goroutineOf(thread);
  const stack = stackNamed(session.target.walkTarget, registers.get('rsp'), session.target.threadG(thread));
  const parts = [placeText(session, registers.rip)];
  if (goroutine !== undefined) parts.push(`goroutine ${goroutine.id}${stack.kind === 'goroutine' ? '' : ` on ${stack.name}`}`);
  else if (stack.kind !== 'C') parts.push(`on ${stack.name}`);
  parts.push(`thread ${session.target.threadNumber(thread)}`);
  return `${parts[0]}${line === undefined ? '' : ` at ${line.file}:${line.line}`}, ${parts.slice(1).join(', ')}`;
}

function detailLines(session: Session): readonly string[] {
  const { stop } = session;
  const { rip } = session.thread.registers;
  const instruction = disassembleAt(session.target, session.settings.flavor, rip)?.text ?? 'memory that cannot be read';
  switch (stop.reason) {
    case 'signal':
      if (session.target.faulted === undefined) return [...senderLines(stop.signal.sender), `  ${instruction}`];
      if (session.target.faulted.fault.vector === '#BP') return ownBreakpoint(session);
      // What lies there did not run: it is no instruction that did something.
      if (session.target.faulted.fault.access === 'exec')
        return [`  the program ${explained(session, session.target.faulted)}`, ...offer(session)];
      return [`  ${`${instruction.replace(/ +# .*/, '')} `.padEnd(26)} ${explained(session, session.target.faulted)}`, ...offer(session)];
    case 'abi':
      return [`  ${violationText(stop.violation, wroteText(session, stop.violation))}`, sourceOrInstruction(session, instruction)];
    case 'unsupported': {
      const bytes = [...stop.bytes].map(byte => byte.toString(16).padStart(2, '0')).join(' ');
      return [`  ${stop.text} (${bytes}) at ${hex(rip)} is not among the instructions that r14 has (docs/instructions.md)`];
    }
    case 'breakpoint':
      return [
        ...(stop.problem === undefined ? [] : [`  ${stop.problem}`]),
        ...(raceLines(session) ?? [sourceOrInstruction(session, instruction)]),
      ];
    case 'deadlock':
      return [...waitingLines(session.target).map(each => `  ${each}`), sourceOrInstruction(session, instruction)];
    case 'ending':
      return endingLines(session, stop, instruction);
    case 'syscall':
      return [`  ${stop.text}`, sourceOrInstruction(session, instruction)];
    case 'register':
      return [
        ...stop.changes.map(({ breakpoint, before, after }) => `  ${breakpoint.spec}: ${hex(before)} -> ${hex(after)}`),
        sourceOrInstruction(session, instruction),
      ];
    case 'watchpoint': {
      const changes = [stop, ...stop.also];
      return [
        ...changes.flatMap(each => [`  ${changeText(each)}`, ...shadowLines(session, each)]),
        sourceOrInstruction(session, instruction),
      ];
    }
    default:
      return [sourceOrInstruction(session, instruction)];
  }
}

/** The race that the detector has found, and the access's frame, which is selected; undefined: it stands elsewhere. */
function raceLines(session: Session): readonly string[] | undefined {
  const found = raceHere(session.target);
  if (found === undefined) return undefined;
  const told = racePair(session.target, storyOf(raceView(session.target), found)).map(each => `  ${each}`);
  const { frame } = session.selection;
  return [...told, ...(frame === 0 ? [] : [`  frame ${frame} is selected`, ...frameStop(session).output.split('\n')])];
}

/** What the cells say now, when they are watched. */
function shadowLines({ target }: Session, { breakpoint }: WatchChange): readonly string[] {
  const { watch } = breakpoint as Watchpoint;
  if (raceRegion(watch.address) === undefined || breakpoint.kind !== 'watch' || !breakpoint.spec.startsWith('-shadow')) return [];
  const { output } = shadowAnswer(raceView(target), shadowedAddress(Number(watch.address)), undefined);
  return output
    .split('\n')
    .slice(1, -1)
    .map(each => `  ${each}`);
}

/** How far below its end, and how far from it RSP, an access may be to be taken for a stack's overflow. */
const NEAR_STACK = 1n << 16n;

/** Why an instruction has faulted, with the variables of the source whose values it used. */
function explained(session: Session, faulted: Faulted): string {
  const { target } = session;
  const [frame] = target.stack({ thread: target.process.current }).frames(1);
  const holder: Holder = register => (frame?.physical.pc === faulted.rip ? heldIn(target, frame.physical, register) : undefined);
  const text = explainFault(target, faulted, holder);
  const { fault } = faulted;
  const stack = frame?.physical.stack;
  const below = stack === undefined || fault.vector !== '#PF' || fault.access === 'exec' ? -1n : stack.lo - fault.address;
  const near = below > 0n && below <= NEAR_STACK && faulted.registers.get('rsp')! - stack!.lo < NEAR_STACK;
  return near ? `${text}; that is just below the end of the ${stackText(stack!)}: overflow` : text;
}

/** Who wrote what should not have been written. */
const wroteText = ({ target }: Session, { wrote }: Violation): string => (wrote === undefined ? '' : writtenBy(target, wrote));

/** Registers that a convention gives a meaning: a fault through one of them may come of its being broken, also when it is 0. */
const KEPT: ReadonlySet<string> = new Set(['rsp', 'rbp', 'r14', 'rdi']);

/** Where the checks would have stopped before this fault, when it may come of a broken convention: that costs a run from the start. */
function offer(session: Session): readonly string[] {
  const { target, checks } = session;
  const { faulted } = target;
  if (faulted === undefined || checks.on) return [];
  const { fault, rip } = faulted;
  const func = target.images.functionAt(rip);
  const odd = fault.vector !== '#PF' || fault.access === 'exec' || func === undefined || func.language !== 'go';
  if (!odd && addressRegisters(target, faulted).every(name => !KEPT.has(name) && faulted.registers.get(name) === 0n)) return [];
  const first = session.past.firstViolation(session.host.again);
  if (first === undefined) return [];
  if (first === 'far') return ['  abi check first starts again, and stops where a calling convention was first broken, if one was'];
  const { violation, pc, t } = first;
  return [
    `  abi check on, from the start, would stop at t=${grouped(t)} in ${describeCode(target.images, pc)}: ${RULES[violation.rule].title}`,
  ];
}

/** An INT3 that the program executed; it is behind RIP now. When it is runtime.Breakpoint's, what matters is who called that. */
function ownBreakpoint(session: Session): readonly string[] {
  const { frame } = session;
  if (frame.index === 0) return ['  int3                       a breakpoint of the program itself; continue goes on behind it'];
  return [`  the program's own breakpoint; frame ${frame.index}, its caller, is selected`, ...frameStop(session).output.split('\n')];
}

/** What there is to say of the end of a Go program, and the user's frame that it came from. */
function endingLines(session: Session, { ending, problem }: Stop & { reason: 'ending' }, instruction: string): readonly string[] {
  const told = [...(problem === undefined ? [] : [problem]), ...ending.details].map(each => `  ${each}`);
  const { goroutine, frame } = session.selection;
  if (goroutine === undefined && frame === 0) return [...told, sourceOrInstruction(session, instruction)];
  const whose = goroutine === undefined ? '' : ` of goroutine ${goroutine.id}`;
  return [...told, `  frame ${frame}${whose} is selected`, ...frameStop(session).output.split('\n')];
}

function senderLines(sender: number | undefined): readonly string[] {
  return sender === undefined ? [] : [`  sent by process ${sender}`];
}

/** The source line when it can be read, and stands at its beginning; else the instruction, and in the middle of a line of which nothing was told, that. */
function sourceOrInstruction(session: Session, instruction: string): string {
  const { rip } = session.thread.registers;
  const line = session.target.lineOf(session.thread);
  const source = line === undefined ? undefined : session.sources.line(line.file, line.line);
  if (line === undefined || source === undefined || !startsStatement(session, rip)) {
    const told = session.selection.frame === 0 ? outlook(session.stack, session.frame)?.text : undefined;
    const at = `=> ${hex(rip)}  ${instruction}${told === undefined ? '' : `  ; ${told}`}`;
    return line === undefined || source === undefined || !session.otherLine ? at : `${at}\n   ${line.line}  ${source.trimEnd()}`;
  }
  return `=> ${line.line}  ${source.trimEnd()}`;
}

function startsStatement(session: Session, pc: bigint): boolean {
  for (const statement of session.target.images.statementsIn(pc, pc + 1n)) if (statement.pc === pc) return true;
  return false;
}

/** System calls that the sandbox or the kernel refused, once each. */
function refusalLines(session: Session): readonly string[] {
  const fresh = session.takeRefusals();
  if (fresh.length === 0) return [];
  return fresh.map(
    ({ syscall, detail, errno, count }) =>
      `  refused: ${syscall}${detail === '' ? '' : ` ${detail}`}: ${errno}${count > 1 ? ` (${count} times)` : ''}`,
  );
}
