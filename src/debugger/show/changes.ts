/** What has changed since the stop before, in one line of words: for those who hear the screen. */

import type { Session } from '../session/session.js';
import type { LogicalFrame } from '../stack/frame.js';
import type { CallStack } from '../target.js';
import { type FrameValues, hasChanged, isInnermost, NO_VALUES } from './changed-registers.js';
import { frameValues } from './frame-values.js';
import { type RegisterFact, registerFacts, registerNames } from './registers-text.js';

export class Changes {
  #t: number;
  #before: Remembered;

  constructor(session: Session) {
    this.#t = session.target.process.t;
    this.#before = remembered(session);
  }

  /** `changed: rsp is 0x7fffffffec98, g0 stack, 360 bytes used; rdi is 0x0, arg1 thr = nil`. Empty when the program has not run since. */
  tell(session: Session): string {
    const { t } = session.target.process;
    if (t === this.#t || session.exited) return '';
    this.#t = t;
    const before = this.#before;
    const now = remembered(session);
    this.#before = now;
    const changed = isInnermost(now.values)
      ? [...now.innermost].filter(([name, text]) => before.innermost.get(name) !== text)
      : [...shownRegisters(session.stack, session.frame)].filter(([name]) => hasChanged(before.values, now.values, name));
    return `changed: ${changed.length === 0 ? 'no register' : changed.map(([name, text]) => `${name} is ${text}`).join('; ')}`;
  }
}

interface Remembered {
  /** What is said of the registers where execution stands: what they mean can change too. */
  readonly innermost: ReadonlyMap<string, string>;
  readonly values: FrameValues;
}

function remembered(session: Session): Remembered {
  if (session.exited) return { innermost: new Map(), values: NO_VALUES };
  return { innermost: shownRegisters(session.stack, session.frames(1)[0]!), values: frameValues(session.stack, session.frame) };
}

/** The instruction pointer is left out: the stop's own text tells the place. */
function shownRegisters(stack: CallStack, frame: LogicalFrame): ReadonlyMap<string, string> {
  const names = registerNames(false).filter(name => name !== 'rip');
  const told = ({ shown, text }: RegisterFact) => (text === '' || text === shown ? shown : `${shown}, ${text}`);
  return new Map(registerFacts(stack, frame, names).map(fact => [fact.name, told(fact)]));
}
