/** What becomes of memory: a page that was there once. */
import { grouped } from '../../host/grouped.js';
import type { ProcessObserver } from '../../linux/api.js';
import type { Journey } from '../timeline/history.js';
import { type Inquiry, isOwn, type Reason, saying } from './inquiry.js';

/** Who has unmapped the page that an address was in, or taken away what it allowed. */
export function* unmapped(q: Inquiry, address: bigint): Journey<readonly Reason[]> {
  const { process } = q.target;
  const { memory } = process;
  const { t } = q.scene;
  const protection = (): number => memory.mappingAt(address)?.prot ?? -1;
  const found = yield* q.history.backwards(t, function* (piece): Journey<{ readonly t: number; readonly name: string } | undefined> {
    let now = protection();
    let last: { readonly t: number; readonly name: string } | undefined;
    const observer: ProcessObserver = {
      syscall: ({ phase, number }) => {
        if (phase !== 'return' || process.t > t) return;
        const is = protection();
        // What allows less than before.
        if (is !== now && now >= 0 && (is < 0 || (now & ~is) !== 0)) last = { t: process.t, name: process.syscallName(number) };
        now = is;
      },
    };
    const leave = process.observe(observer);
    try {
      yield* piece.run(() => undefined);
    } finally {
      leave();
    }
    return last;
  });
  if (found === undefined) return [];
  yield* q.at(found.t - 1);
  const own = q.frames().find(({ physical, name }) => isOwn(q, physical.func) && !/^(?:syscall|runtime|internal)[./]/.test(name));
  const goroutine = q.target.goroutineOf(process.current);
  const whose = goroutine === undefined ? '' : `, goroutine ${goroutine.id}`;
  return [
    saying(`that memory was there until ${found.name} at t=${grouped(found.t)}${own === undefined ? '' : `, by ${q.where(own)}`}${whose}`),
  ];
}
