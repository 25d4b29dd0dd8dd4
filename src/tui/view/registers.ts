import type { Session } from '../../debugger/session/session.js';
import { type RegisterFact, registerFacts } from '../../debugger/show/registers-text.js';

const NAMES = ['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'rsp', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'];
const LAST = ['eflags', 'xmm15', 'fs_base'];

/** The general registers, and of the others what Go gives a meaning to. */
export function observeRegisters(session: Session): readonly RegisterFact[] {
  return registerFacts(session.stack, session.frame, [...NAMES, ...LAST]);
}
