import type { Session } from '../../debugger/session/session.js';
import { type RegisterFact, registerFacts, VECTOR_NAMES } from '../../debugger/show/registers-text.js';

const NAMES = ['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'rsp', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'];
const LAST = ['eflags', 'xmm15', 'fs_base'];

/** The general registers, of the others what Go gives a meaning to, and when the user has chosen their lanes the vector registers that are not zero. */
export function observeRegisters(session: Session): readonly RegisterFact[] {
  const { stack, frame, settings } = session;
  const facts = registerFacts(stack, frame, [...NAMES, ...LAST]);
  const kind = settings.vectorLanes;
  // Outer frames have none.
  if (kind === undefined || frame.physical.registers.live === undefined) return facts;
  return [...facts, ...registerFacts(stack, frame, VECTOR_NAMES, kind).filter(({ value }) => value !== 0n)];
}
