import { disassemble } from '../../debugger/disassemble.js';
import type { Session } from '../../debugger/session.js';
import { lookupPc } from '../../debugger/stack/frame.js';

export interface CodeRow {
  readonly kind: 'function' | 'source' | 'instruction';
  readonly text: string;
  readonly address?: bigint;
  readonly current?: boolean;
  readonly breakpoint?: boolean;
}

export interface Code {
  readonly rows: readonly CodeRow[];
  /** Index of the row to be in view: the current instruction, or the one that was gone to. */
  readonly anchor: number;
}

const BEFORE = 40;
const AFTER = 60;

/** Instructions around the selected frame's pc, or around `at`, by function, with the source line in front of what was made from it. */
export function observeCode(session: Session, at?: bigint): Code {
  const { images, process, settings, frame } = session;
  const { pc } = frame.physical;
  const place = at ?? pc;
  const func = images.functionAt(at ?? lookupPc(frame.physical));
  const lines = [
    ...disassemble(
      process.memory,
      images,
      settings.flavor,
      func?.entry ?? place,
      func === undefined ? { count: AFTER } : { end: func.end },
    ),
  ];
  const middle = Math.max(
    0,
    lines.findIndex(line => line.address >= place),
  );
  const stops = session.breakpoints.addresses;
  const rows: CodeRow[] = [{ kind: 'function', text: func === undefined ? '(no function)' : `${func.name}  ${func.abi ?? 'System V'}` }];
  let anchor = 0;
  let lastSource = '';
  for (const { address, text } of lines.slice(Math.max(0, middle - BEFORE), middle + AFTER)) {
    const source = images.lineAt(address);
    const key = source === undefined ? '' : `${source.file}:${source.line}`;
    if (source !== undefined && key !== lastSource) {
      const line = session.sources.lines(source.file)?.[source.line - 1];
      if (line !== undefined)
        rows.push({ kind: 'source', text: `${String(source.line).padStart(5)}  ${line.replaceAll('\t', '  ').trimEnd()}` });
      lastSource = key;
    }
    if (address === lines[middle]!.address) anchor = rows.length;
    rows.push({ kind: 'instruction', text, address, current: address === pc, breakpoint: stops.has(address) });
  }
  return { rows, anchor };
}
