/** Where the user's code goes on when a line has another goroutine run: one that it starts, or the coroutine behind iter.Pull. */
import { fieldOffset } from '../../runtime/layout.js';
import type { Session } from '../session/session.js';
import { ownFrame } from '../show/goroutine-text.js';
import type { LogicalFrame } from '../stack/frame.js';

export type Goals = Map<bigint, () => boolean>;

/** Frames of a coroutine that belong to no user. */
const FRAMES = 64;

/** What lies between the user's code on both sides of a coroutine. */
export const isCoroutineCode = (name: string): boolean => /^(iter\.|internal\/race\.|runtime\.coro)/.test(name);

/** At the entry of runtime.newproc(fn): what tells, when that has returned, where the new goroutine begins; undefined: this is another function. */
export function startedGoroutine(session: Session, { name }: LogicalFrame): (() => Goals) | undefined {
  const { target, thread } = session;
  const { memory, go } = target;
  const fn = thread.registers.get('rax');
  if (name !== 'runtime.newproc' || go === undefined || !memory.allows(fn, 8, 'read')) return undefined;
  const entry = memory.readU64(fn);
  const before = new Set(go.goroutines().map(({ id }) => id));
  return () => {
    const fresh = target.go!.goroutines().findLast(({ id, startpc }) => startpc === entry && !before.has(id));
    return new Map(fresh === undefined ? [] : [[entry, () => session.goroutine?.id === fresh.id]]);
  };
}

/** At the entry of runtime.coroswitch(c): where the goroutine goes on that waits there; undefined: this is another function. */
export function coroutineGoals(session: Session, { name }: LogicalFrame): Goals | undefined {
  if (name !== 'runtime.coroswitch') return undefined;
  const { target, thread } = session;
  const { memory, images, go } = target;
  const coro = images.typeNamed('runtime.coro');
  const [gp, f] = ['gp', 'f'].map(path => coro && fieldOffset(coro, path));
  const c = thread.registers.get('rax');
  if (go === undefined || gp === undefined || f === undefined || !memory.allows(c, 16, 'read')) return undefined;
  const g = memory.readU64(c + BigInt(gp));
  if (!go.readable(g)) return undefined;
  const goroutine = go.goroutine(g);
  const { id } = goroutine;
  const here = (): boolean => session.goroutine?.id === id;
  const frames = target.stack({ goroutine }).frames(FRAMES);
  const user = ownFrame(frames.filter(each => !isCoroutineCode(each.name)));
  if (user !== undefined && user.name !== 'runtime.main') return new Map([[user.physical.pc, here]]);
  // It has not run yet: its function is entered.
  const closure = memory.readU64(c + BigInt(f));
  return memory.allows(closure, 8, 'read') ? new Map([[memory.readU64(closure), here]]) : undefined;
}
