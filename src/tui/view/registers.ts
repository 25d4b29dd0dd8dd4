import { readRegister } from '../../debugger/frame-context.js';
import { registerLines, registerNames } from '../../debugger/registers-text.js';
import type { Session } from '../../debugger/session.js';

export interface RegisterRow {
  readonly name: string;
  readonly text: string;
  /** Absent: it is lost. */
  readonly value?: bigint | undefined;
}

export function observeRegisters(session: Session): readonly RegisterRow[] {
  const names = registerNames(false);
  const { frame } = session;
  return registerLines(session, frame, names).map((text, index) => {
    const name = names[index]!;
    const register = readRegister(frame, name);
    return { name, text, value: 'lost' in register ? undefined : register.value };
  });
}
