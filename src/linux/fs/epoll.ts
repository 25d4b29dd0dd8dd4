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
  readonly fd: number;
  readonly file: OpenFile;
  events: number;
  data: bigint;
  /** The file's event count at the last report, for edge triggering. */
  seen: number;
  disabled: boolean;
}

export interface EpollEvent {
  readonly events: number;
  readonly data: bigint;
}

/** epoll(7): interests in the order they were added, level- or edge-triggered. */
export class Epoll extends OpenFile {
  private interests: Interest[] = [];

  constructor(flags: number) {
    super('anon_inode:[eventpoll]', O.RDWR | flags);
  }

  /** It has requests of its own, none of which is here. */
  override get unknownRequest(): number {
    return E.INVAL;
  }

  override get pollable(): boolean {
    return true;
  }

  override readiness(): number {
    return this.interests.some(interest => ready(interest) !== 0) ? POLL.IN | POLL.RDNORM : 0;
  }

  /** Throws EEXIST, ENOENT, EINVAL as epoll_ctl(2). */
  control(operation: number, fd: number, file: OpenFile, events: number, data: bigint): void {
    const known = this.live().find(interest => interest.fd === fd && interest.file === file);
    switch (operation) {
      case EPOLL_CTL.ADD:
        if (file === this) throw new Errno(E.INVAL);
        if (known) throw new Errno(E.EXIST);
        this.interests.push({ fd, file, events, data, seen: -1, disabled: false });
        return;
      case EPOLL_CTL.MOD:
        if (!known) throw new Errno(E.NOENT);
        Object.assign(known, { events, data, seen: -1, disabled: false });
        return;
      case EPOLL_CTL.DEL:
        if (!known) throw new Errno(E.NOENT);
        this.interests = this.interests.filter(interest => interest !== known);
        return;
      default:
        throw new Errno(E.INVAL);
    }
  }

  /** Takes up to `limit` reports; those that were reported go to the end, so that none starves. */
  take(limit: number): EpollEvent[] {
    const out: EpollEvent[] = [];
    const reported: Interest[] = [];
    for (const interest of this.live()) {
      if (out.length >= limit) break;
      const events = ready(interest);
      if (events === 0) continue;
      out.push({ events, data: interest.data });
      reported.push(interest);
      interest.seen = interest.file.events;
      if ((interest.events & EPOLLONESHOT) !== 0) interest.disabled = true;
    }
    if (reported.length > 0) this.interests = [...this.interests.filter(interest => !reported.includes(interest)), ...reported];
    return out;
  }

  stat(): Stat {
    return syntheticStat(0o600, 13n);
  }

  save() {
    return { ...this.common('epoll'), interests: this.live().map(interest => ({ ...interest, file: interest.file.id })) };
  }

  static restore(saved: ReturnType<Epoll['save']>): Epoll {
    return new Epoll(saved.flags);
  }

  /** The interests, once all files are there. */
  resume(saved: ReturnType<Epoll['save']>, file: (id: number) => OpenFile): void {
    this.interests = saved.interests.map(interest => ({ ...interest, file: file(interest.file) }));
  }

  /** A closed file leaves by itself. */
  private live(): Interest[] {
    if (this.interests.some(interest => interest.file.references === 0))
      this.interests = this.interests.filter(interest => interest.file.references > 0);
    return this.interests;
  }
}

function ready(interest: Interest): number {
  if (interest.disabled || interest.file.references === 0) return 0;
  if ((interest.events & EPOLLET) !== 0 && interest.seen === interest.file.events) return 0;
  return interest.file.readiness() & ((interest.events & ~MODES) | ALWAYS);
}
