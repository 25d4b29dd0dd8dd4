/** What the screen shows of a session at a stop, as plain data: drawing it needs the session no more. */
import { describeAddress } from '../debugger/describe.js';
import { disassemble } from '../debugger/disassemble.js';
import { frameLine } from '../debugger/frame-text.js';
import { goroutineLines } from '../debugger/goroutine-text.js';
import { registerLines, registerNames } from '../debugger/registers-text.js';
import type { Session } from '../debugger/session.js';
import { lookupPc } from '../debugger/stack/frame.js';
import { grouped, stopData, stopText } from '../debugger/stop-text.js';

export interface CodeRow {
  readonly kind: 'function' | 'source' | 'instruction';
  readonly text: string;
  readonly address?: bigint;
  readonly current?: boolean;
  readonly breakpoint?: boolean;
}

export interface FrameRow {
  readonly text: string;
  readonly selected: boolean;
  readonly seam?: string;
}

export interface RegisterRow {
  readonly name: string;
  readonly text: string;
}

export interface View {
  readonly title: string;
  readonly place: string;
  readonly t: string;
  /** What happened, in one or two lines. */
  readonly stop: readonly string[];
  readonly fault: boolean;
  readonly code: readonly CodeRow[];
  /** Index of the current instruction in `code`. */
  readonly currentRow: number;
  readonly registers: readonly RegisterRow[];
  readonly frames: readonly FrameRow[];
  readonly memory: readonly string[];
  readonly goroutines: readonly string[];
}

const FRAMES = 200;
const BEFORE = 40;
const AFTER = 60;
const STACK_WORDS = 48;
const ACCESS_WORD = 8n;

/** Reads everything that the panes show. Never throws for what the program has made unreadable: such places say so. */
export function observe(session: Session, title: string): View {
  if (session.stop.reason === 'exited') {
    const nothing = { code: [], currentRow: 0, registers: [], frames: [], memory: [], goroutines: [] };
    return { title, place: '', t: grouped(session.process.t), stop: stopText(session).split('\n'), fault: false, ...nothing };
  }
  const data = stopData(session);
  const { frame } = session;
  const g = frame.physical.stack.name;
  const place = [
    data.goroutine === null ? '' : `goroutine ${data.goroutine}${g.startsWith('goroutine') ? '' : ` on ${g}`}`,
    `thread ${data.thread}`,
  ]
    .filter(part => part !== '')
    .join('   ');
  const { rows, current } = codeRows(session);
  return {
    title,
    place,
    t: grouped(session.process.t),
    stop: session.stop.reason === 'start' ? ['Stopped before the first instruction.'] : stopText(session).split('\n'),
    fault: session.stop.reason === 'signal',
    code: rows,
    currentRow: current,
    registers: registerLines(session, frame, registerNames(false)).map(line => ({ name: line.slice(0, 8).trim(), text: line })),
    frames: session.frames(FRAMES).map(each => ({
      text: frameLine(session, each),
      selected: each.index === frame.index,
      ...(each.physical.seam === undefined || each.inlined ? {} : { seam: each.physical.seam }),
    })),
    memory: stackRows(session, frame.physical.sp),
    goroutines: goroutineRows(session),
  };
}

/** Instructions around the selected frame's pc, by function, with the source line in front of what was made from it. */
function codeRows(session: Session): { rows: CodeRow[]; current: number } {
  const { images, process, settings, frame } = session;
  const { pc } = frame.physical;
  const func = images.functionAt(lookupPc(frame.physical));
  const start = func?.entry ?? pc;
  const end = func === undefined ? undefined : func.end;
  const lines = [...disassemble(process.memory, images, settings.flavor, start, end === undefined ? { count: AFTER } : { end })];
  const at = Math.max(
    0,
    lines.findIndex(line => line.address >= pc),
  );
  const shown = lines.slice(Math.max(0, at - BEFORE), at + AFTER);
  const stops = session.breakpoints.addresses;
  const rows: CodeRow[] = [{ kind: 'function', text: func === undefined ? '(no function)' : `${func.name}  ${func.abi ?? 'System V'}` }];
  let current = 0;
  let lastSource = '';
  for (const line of shown) {
    const source = images.lineAt(line.address);
    const key = source === undefined ? '' : `${source.file}:${source.line}`;
    if (source !== undefined && key !== lastSource) {
      const text = session.sources.lines(source.file)?.[source.line - 1];
      if (text !== undefined)
        rows.push({ kind: 'source', text: `${String(source.line).padStart(5)}  ${text.replaceAll('\t', '  ').trimEnd()}` });
      lastSource = key;
    }
    const isCurrent = line.address === pc;
    if (isCurrent) current = rows.length;
    rows.push({ kind: 'instruction', text: line.text, address: line.address, current: isCurrent, breakpoint: stops.has(line.address) });
  }
  return { rows, current };
}

/** Words from the stack pointer up, each with what it points at. */
function stackRows(session: Session, sp: bigint): string[] {
  const { memory } = session.process;
  const rows: string[] = [];
  for (let index = 0; index < STACK_WORDS; index++) {
    const address = sp + BigInt(index) * ACCESS_WORD;
    if (!memory.allows(address, 8, 'read')) break;
    const value = memory.readU64(address);
    const what = describeAddress(session.images, value) ?? '';
    rows.push(`..${(address & 0xffffn).toString(16).padStart(4, '0')}  0x${value.toString(16).padEnd(14)} ${what}`);
  }
  return rows;
}

function goroutineRows(session: Session): readonly string[] {
  const list = session.go?.goroutines() ?? [];
  return list
    .flatMap(goroutine => goroutineLines(session, goroutine))
    .map(line => line.replace('Goroutine ', '').replace(/- User: (?:\S*\/)?/, ' '));
}
