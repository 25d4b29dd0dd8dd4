import { O, POLL } from '../abi/constants.js';
import { E } from '../abi/errno.js';
import { OpenFile } from './open-file.js';
import { type Stat, syntheticStat } from './stat.js';

/** A process as an open file: pidfd_open(2). It can be read when that has ended, which is all that can be done with it here. */
export class PidFile extends OpenFile {
  /** `ended`: whether a process has, waited for or not. */
  constructor(
    readonly pid: number,
    flags: number,
    private readonly ended: (pid: number) => boolean,
  ) {
    super('anon_inode:[pidfd]', O.RDWR | flags);
  }

  override get unknownRequest(): number {
    return E.INVAL;
  }

  override get pollable(): boolean {
    return true;
  }

  override readiness(): number {
    return this.ended(this.pid) ? POLL.IN | POLL.RDNORM : 0;
  }

  stat(): Stat {
    return syntheticStat(0o600, 14n);
  }

  save() {
    return { ...this.common('pidfd'), pid: this.pid };
  }

  static restore(saved: ReturnType<PidFile['save']>, { ended }: { readonly ended: (pid: number) => boolean }): PidFile {
    return new PidFile(saved.pid, saved.flags, ended);
  }
}
