/**
 * Watchpoints on variables of frames: they follow a goroutine's stack that is copied, and end when their frame has returned. Both are met at
 * addresses that are stopped at on their account: runtime.copystack(*g, newsize), where it returns to, and the frames' return addresses.
 */
import { hex } from '../../host/hex.js';
import type { Breakpoint, Watchpoint } from '../session/breakpoints.js';
import type { Session } from '../session/session.js';
import type { Stop } from '../session/stop.js';
import type { WatchScope } from '../session/watches.js';
import { placeOf } from './place.js';
import { lookAtWatchpoint } from './watched.js';

const COPY = 'runtime.copystack';

/** How far below a variable others of the same stack may lie: the most that Go lets a stack be. */
const DEEPEST = 1n << 30n;

/** Frames among which the one that an address lies in is looked for. */
const FRAMES = 1000;

/** The frame that an address on the selected stack lies in; undefined: it is on no stack that can be told, or its frame returns to nobody. */
export function scopeOfAddress(session: Session, address: bigint): WatchScope | undefined {
  const { stack } = session;
  const { physical } = session.frame;
  if (address < physical.stack.lo || address >= physical.stack.hi) return undefined;
  const frame = stack.frames(FRAMES).find(each => each.physical.cfa !== undefined && address < each.physical.cfa)?.physical;
  if (frame?.cfa === undefined || frame.returnAddress === undefined || frame.stack.name !== physical.stack.name) return undefined;
  const { goroutine } = stack;
  const { hi } = frame.stack;
  return {
    goroutine: frame.stack.kind === 'goroutine' && goroutine !== undefined ? { id: goroutine.id, g: goroutine.address } : undefined,
    function: stack.frames(FRAMES).findLast(each => each.physical === frame)!.name,
    stack: frame.stack.kind === 'goroutine' ? frame.stack.name : placeOf(session, address).stack,
    address,
    variable: hi - address,
    frame: hi - frame.cfa,
    entry: frame.func?.entry,
    returnAddress: frame.returnAddress,
  };
}

/** A stack that is being copied: where that will be done, in which thread. */
interface Copying {
  readonly g: bigint;
  readonly tid: number;
  readonly returnAddress: bigint;
}

const copies = (): Copying[] => [];

type Scoped = Watchpoint & { scope: WatchScope };

const isScoped = (each: Breakpoint): each is Scoped => each.kind === 'watch' && each.scope !== undefined;

const scoped = ({ breakpoints }: Session): readonly Scoped[] => breakpoints.all.filter(isScoped);

/** Addresses to stop at, so that watchpoints are where their variables are. */
export function scopeAddresses(session: Session): readonly bigint[] {
  const watched = scoped(session);
  if (watched.length === 0) return [];
  const { target } = session;
  const copy = watched.some(({ scope }) => scope.goroutine) ? (target.images.goImage?.functionsNamed(COPY) ?? []) : [];
  return [
    ...watched.flatMap(({ scope }) => (scope.entry === undefined ? [scope.returnAddress] : [scope.returnAddress, scope.entry])),
    ...copy.filter(({ wrapper }) => !wrapper).map(({ entry }) => entry),
    ...target.lasting(copies).map(({ returnAddress }) => returnAddress),
  ];
}

/** Whether a watchpoint's variable is being copied, so that what is written at its address is no doing of the program's. */
export const isMoving = ({ target }: Session, { scope }: Watchpoint): boolean =>
  target.lasting(copies).some(({ g }) => g === scope?.goroutine?.g);

/** Where execution stands: follows a stack that has moved. A stop: a watched variable is gone with its frame, and its watchpoint with it. */
export function lookAtScopes(session: Session): Stop | undefined {
  const watched = scoped(session);
  if (watched.length === 0) return undefined;
  session.lookAtThread();
  const { rip } = session.thread.registers;
  followCopies(session, rip);
  // A panic that was recovered leaves frames without a return: another call then begins where the frame was.
  const ended = watched.filter(
    ({ scope }) => (scope.returnAddress === rip && isOver(session, scope, 0n)) || (scope.entry === rip && isOver(session, scope, 8n)),
  );
  return ended.length === 0 ? undefined : end(session, ended);
}

/** Removes watchpoints whose variables are no more, and tells of it. */
function end(session: Session, ended: readonly Scoped[]): Stop {
  for (const each of ended) session.breakpoints.remove(each);
  return { reason: 'scope', watchpoints: ended.map(({ id, spec, scope }) => ({ id, spec, function: scope.function })) };
}

/** A watchpoint that is met although its frame is gone: a panic has left it, or its goroutine has ended. */
export function staleScope(session: Session, breakpoint: Watchpoint): Stop | undefined {
  if (!isScoped(breakpoint)) return undefined;
  const { goroutine } = breakpoint.scope;
  const over = goroutine === undefined ? isOver(session, breakpoint.scope, 0n) : isLeft(session, breakpoint.scope, goroutine);
  return over ? end(session, [breakpoint]) : undefined;
}

/** Whether a goroutine has left a frame, or is another by now, wherever it is. */
function isLeft({ target }: Session, scope: WatchScope, { id, g }: NonNullable<WatchScope['goroutine']>): boolean {
  const now = target.go?.goroutine(g);
  if (now === undefined || now.id !== id || now.status === 'dead') return true;
  const { stackHi } = now;
  for (const { physical } of target.stack({ goroutine: now }).frames(FRAMES)) {
    const { cfa, returnAddress } = physical;
    if (cfa === undefined || physical.stack.hi !== stackHi) continue;
    if (stackHi - cfa <= scope.frame) return stackHi - cfa !== scope.frame || returnAddress !== scope.returnAddress;
  }
  return false;
}

/** Whether the stack that a frame was on has shrunk to what is outside of it, but for so many bytes. */
function isOver(session: Session, scope: WatchScope, pushed: bigint): boolean {
  const now = placeOf(session, session.thread.registers.get('rsp') + pushed);
  return now.stack === scope.stack && now.depth <= scope.frame;
}

function followCopies(session: Session, rip: bigint): void {
  const { target, thread } = session;
  const list = target.lasting(copies);
  const done = list.filter(each => each.returnAddress === rip && each.tid === thread.tid);
  for (const each of done) {
    list.splice(list.indexOf(each), 1);
    for (const watchpoint of scoped(session)) if (watchpoint.scope.goroutine?.g === each.g) follow(session, watchpoint);
  }
  if (target.images.functionAt(rip)?.entry === rip && target.images.functionAt(rip)?.name === COPY) {
    const g = thread.registers.get('rax');
    const rsp = thread.registers.get('rsp');
    if (!scoped(session).some(({ scope }) => scope.goroutine?.g === g) || list.some(each => each.g === g)) return;
    list.push({ g, tid: thread.tid, returnAddress: target.memory.readU64(rsp) });
    session.stopsChanged();
  }
}

/** Puts a watchpoint where its variable is now. */
function follow(session: Session, watchpoint: Scoped): void {
  const { target } = session;
  const { scope, watch, expression } = watchpoint;
  const address = target.go!.goroutine(scope.goroutine!.g).stackHi - scope.variable;
  session.stopsChanged();
  const by = address - scope.address;
  if (by === 0n) return;
  if (expression === undefined) watchpoint.watch = { ...watch, address };
  else expression.move(scope.address - DEEPEST, scope.address + scope.variable, by);
  watchpoint.scope = { ...scope, address };
  target.changed();
  watchpoint.last = lookAtWatchpoint(session, watchpoint);
  const text = `watchpoint ${watchpoint.id} (${watchpoint.spec}) moves with the stack of goroutine ${scope.goroutine!.id} to ${hex(address)}`;
  session.events.emit('message', { text });
}
