/** Threads, goroutines and modules of a process at one moment, to tell at the next which are new and which are gone. */
import type { LoadedObject } from '../../linux/api.js';
import type { Target } from '../target.js';
import type { Events } from './events.js';

export interface Census {
  readonly threads: ReadonlySet<number>;
  readonly goroutines: ReadonlySet<bigint>;
  readonly modules: ReadonlySet<LoadedObject>;
}

const NOBODY: ReadonlySet<never> = new Set();

/** Only what somebody listens for. */
export function census(target: Target, events: Events): Census {
  const { process } = target;
  const living = process.threads.filter(({ state }) => state !== 'exited');
  return {
    threads: events.wanted('thread') ? new Set(living.map(({ tid }) => tid)) : NOBODY,
    goroutines: events.wanted('goroutine') ? goroutinesOf(target) : NOBODY,
    modules: events.wanted('module') ? new Set(process.objects) : NOBODY,
  };
}

/** Go's runtime is looked for only where somebody wants to know. */
function goroutinesOf({ go }: Target): ReadonlySet<bigint> {
  return go?.symbols.allgs === undefined ? NOBODY : new Set(go.goroutines().map(({ id }) => id));
}

/** Tells what has come and gone. */
export function tellChanges(before: Census, now: Census, events: Events): void {
  for (const tid of without(now.threads, before.threads)) events.emit('thread', { change: 'created', tid });
  for (const tid of without(before.threads, now.threads)) events.emit('thread', { change: 'ended', tid });
  for (const id of without(now.goroutines, before.goroutines)) events.emit('goroutine', { change: 'created', id });
  for (const id of without(before.goroutines, now.goroutines)) events.emit('goroutine', { change: 'ended', id });
  for (const object of without(now.modules, before.modules)) events.emit('module', { object });
}

const without = <T>(all: ReadonlySet<T>, those: ReadonlySet<T>): readonly T[] => [...all].filter(each => !those.has(each));
