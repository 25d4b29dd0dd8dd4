/** What has changed since the stop before, in one line of words: for those who hear the screen. */
import { registerFacts, registerNames } from './registers-text.js';
import type { Session } from './session.js';

export class Changes {
  #t: number;
  #shown: ReadonlyMap<string, string>;

  constructor(session: Session) {
    this.#t = session.process.t;
    this.#shown = shownRegisters(session);
  }

  /** `changed: rsp is 0x7fffffffec98, g0 stack, 360 bytes used; rdi is 0x0, arg1 thr = nil`. Empty when the program has not run since. */
  tell(session: Session): string {
    const { t } = session.process;
    if (t === this.#t || session.exited) return '';
    this.#t = t;
    const before = this.#shown;
    this.#shown = shownRegisters(session);
    const changed = [...this.#shown].filter(([name, text]) => before.get(name) !== text);
    return `changed: ${changed.length === 0 ? 'no register' : changed.map(([name, text]) => `${name} is ${text}`).join('; ')}`;
  }
}

/** The instruction pointer is left out: the stop's own text tells the place. */
function shownRegisters(session: Session): ReadonlyMap<string, string> {
  const names = registerNames(false).filter(name => name !== 'rip');
  const facts = session.exited ? [] : registerFacts(session, session.frame, names);
  return new Map(facts.map(({ name, shown, text }) => [name, text === '' || text === shown ? shown : `${shown}, ${text}`]));
}
