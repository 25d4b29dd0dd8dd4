import { O, POLL } from '../abi/constants.js';
import { E, Errno } from '../abi/errno.js';
import { OpenFile } from './open-file.js';
import { type Stat, syntheticStat } from './stat.js';

export const EPOLL_CTL = { ADD: 1, DEL: 2, MOD: 3 } as const;
const EPOLLET = 0x8000_0000;
const EPOLLONESHOT = 0x4000_0000;
/** EPOLLEXCLUSIVE and EPOLLWAKEUP change nothing here. */
const MODES = 0xf000_0000;
/** Reported whether asked for or not. */
const ALWAYS = POLL.ERR | POLL.HUP;

interface Interest {
  readonly epoll: Epoll;
  readonly fd: number;
  readonly file: OpenFile;
  events: number;
  data: bigint;
  /** The file's event count at the last report, for edge triggering. */
  seen: number;
  disabled: boolean;
  /** Those with the lowest are looked at first. */
  order: number;
}

export interface EpollEvent {
  readonly events: number;
  readonly data: bigint;
}

/** How deep epolls may lie in each other, and how many files a process's may watch in all (fs/eventpoll.c: EP_MAX_NESTS, max_user_watches). */
const MAX_NESTS = 4;
const MAX_WATCHES = 65536;

/** What the epolls of a process have in common: how many files they watch, and a number that is another whenever something may have changed. */
export interface EpollWorld {
  watches: number;
  moment: number;
}

/**
 * epoll(7): interests in the order they were added, level- or edge-triggered. Only those are looked at whose file may be ready: files tell when they are
 * (fs/eventpoll.c has a list of these too), so that connections at which nothing happens cost nothing.
 */
export class Epoll extends OpenFile {
  private readonly interests = new Set<Interest>();
  /** Those that are looked at. */
  private readonly hot = new Set<Interest>();
  private order = 0;
  /** Epolls that watch this one. */
  private watchers = new Map<Epoll, number>();
  /** The moment at which it was looked at last, and the conditions that held. */
  private looked = { moment: -1, bits: 0 };

  constructor(
    flags: number,
    private readonly world: EpollWorld,
  ) {
    super('anon_inode:[eventpoll]', O.RDWR | flags);
  }

  /** It has requests of its own, none of which is here. */
  override get unknownRequest(): number {
    return E.INVAL;
  }

  override get pollable(): boolean {
    return true;
  }

  /** Worked out once a moment: epolls that watch epolls would be asked again and again. */
  override readiness(): number {
    const { moment } = this.world;
    if (this.looked.moment !== moment) {
      const bits = [...this.hot].some(interest => ready(interest) !== 0) ? POLL.IN | POLL.RDNORM : 0;
      this.looked = { moment, bits };
    }
    return this.looked.bits;
  }

  override close(): void {
    for (const interest of this.interests) this.unwatch(interest);
  }

  /** Throws EEXIST, ENOENT, EINVAL, ELOOP, ENOSPC as epoll_ctl(2). */
  control(operation: number, fd: number, file: OpenFile, events: number, data: bigint): void {
    if (file === this) throw new Errno(E.INVAL);
    this.world.moment++;
    const known = [...this.interests].find(interest => interest.fd === fd && interest.file === file);
    switch (operation) {
      case EPOLL_CTL.ADD:
        // As Linux does, which looks for circles before anything else.
        if (file instanceof Epoll && nests(file, this) + 1 + heightOf(this) > MAX_NESTS) throw new Errno(E.LOOP);
        if (known) throw new Errno(E.EXIST);
        if (this.world.watches >= MAX_WATCHES) throw new Errno(E.NOSPC);
        this.watch({ epoll: this, fd, file, events, data, seen: -1, disabled: false, order: this.order++ });
        return;
      case EPOLL_CTL.MOD:
        if (!known) throw new Errno(E.NOENT);
        Object.assign(known, { events, data, seen: -1, disabled: false });
        this.hot.add(known);
        return;
      case EPOLL_CTL.DEL:
        if (!known) throw new Errno(E.NOENT);
        this.unwatch(known);
        return;
      default:
        throw new Errno(E.INVAL);
    }
  }

  /** Takes up to `limit` reports; those that were reported go to the end, so that none starves. */
  take(limit: number): EpollEvent[] {
    const { moment } = this.world;
    // Who asks at the same moment again is told the same, without another look.
    if (this.looked.moment === moment && this.looked.bits === 0) return [];
    const out: EpollEvent[] = [];
    for (const interest of [...this.hot].sort((a, b) => a.order - b.order)) {
      if (out.length >= limit) break;
      const events = ready(interest);
      if (events === 0) {
        if (interest.disabled || interest.file.tells) this.hot.delete(interest);
        continue;
      }
      out.push({ events, data: interest.data });
      interest.order = this.order++;
      interest.seen = interest.file.events;
      if ((interest.events & EPOLLONESHOT) !== 0) interest.disabled = true;
    }
    if (out.length === 0) this.looked = { moment, bits: 0 };
    else this.world.moment++;
    return out;
  }

  /** The file of an interest may be ready. */
  heat(interest: Interest): void {
    this.hot.add(interest);
  }

  stat(): Stat {
    return syntheticStat(0o600, 13n);
  }

  save() {
    const { order, hot } = this;
    const interests = [...this.interests].map(interest => {
      const { epoll: _, file, ...rest } = interest;
      return { ...rest, file: file.id, hot: hot.has(interest) };
    });
    return { ...this.common('epoll'), interests, order };
  }

  static restore(saved: ReturnType<Epoll['save']>, { epolls }: { readonly epolls: EpollWorld }): Epoll {
    return new Epoll(saved.flags, epolls);
  }

  /** The interests, once all files are there. */
  override resume(saved: ReturnType<Epoll['save']>, file: (id: number) => OpenFile): void {
    this.order = saved.order;
    for (const { hot, ...rest } of saved.interests) {
      const interest = { ...rest, epoll: this, file: file(rest.file) };
      this.watch(interest);
      if (!hot) this.hot.delete(interest);
    }
  }

  private watch(interest: Interest): void {
    const { file } = interest;
    this.interests.add(interest);
    this.hot.add(interest);
    this.world.watches++;
    file.watched(interest);
    if (file instanceof Epoll) file.watchers.set(this, (file.watchers.get(this) ?? 0) + 1);
  }

  unwatch(interest: Interest): void {
    const { file } = interest;
    this.interests.delete(interest);
    this.hot.delete(interest);
    file.unwatched(interest);
    this.world.watches--;
    if (!(file instanceof Epoll)) return;
    const left = file.watchers.get(this)! - 1;
    if (left > 0) file.watchers.set(this, left);
    else file.watchers.delete(this);
  }

  /** Epolls that this one watches, and that watch it. */
  get inner(): Epoll[] {
    return [...this.interests].flatMap(({ file }) => (file instanceof Epoll ? [file] : []));
  }

  get outer(): Epoll[] {
    return [...this.watchers.keys()];
  }
}

/** How many levels of epolls lie in one; more than there may be when `looked` is among them. */
function nests(epoll: Epoll, looked: Epoll): number {
  return levels(epoll, each => each.inner, looked);
}

/** How many levels of epolls one lies in. */
function heightOf(epoll: Epoll): number {
  return levels(epoll, each => each.outer);
}

/** Level by level: there may be many ways to the same one. */
function levels(epoll: Epoll, next: (epoll: Epoll) => Epoll[], end?: Epoll): number {
  let level = new Set([epoll]);
  for (let depth = 0; depth <= MAX_NESTS; depth++) {
    if (end !== undefined && level.has(end)) break;
    level = new Set([...level].flatMap(next));
    if (level.size === 0) return depth;
  }
  return MAX_NESTS + 1;
}

function ready(interest: Interest): number {
  if (interest.disabled || interest.file.references === 0) return 0;
  if ((interest.events & EPOLLET) !== 0 && interest.seen === interest.file.events) return 0;
  return interest.file.readiness() & ((interest.events & ~MODES) | ALWAYS);
}
