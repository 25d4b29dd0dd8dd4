/** Code at addresses: instructions, and the source that they come from. */

import type { Session } from '../session/session.js';
import { disassemble, type Line } from './disassemble.js';

/** Instructions from `start`: `count` of them, or up to `end`. */
export function disassembleRange(session: Session, start: bigint, limits: { end?: bigint; count?: number }): readonly Line[] {
  const { process, images, settings } = session;
  return [...disassemble(process.memory, images, settings.flavor, start, limits)];
}

export function disassembleAt(session: Session, address: bigint): Line | undefined {
  return disassembleRange(session, address, { count: 1 })[0];
}

/** Source lines around `line`, the current one marked; nothing when the file is not on this host. */
export function sourceAround(session: Session, file: string, line: number, from: number, to: number): readonly string[] | undefined {
  const lines = session.sources.lines(file);
  if (lines === undefined) return undefined;
  const width = String(to).length;
  const out: string[] = [];
  for (let number = Math.max(1, from); number <= Math.min(to, lines.length); number++) {
    out.push(`${number === line ? '=>' : '  '}${String(number).padStart(width)}  ${lines[number - 1]}`.trimEnd());
  }
  return out;
}
