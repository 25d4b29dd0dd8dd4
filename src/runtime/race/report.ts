/** A race as it is told, and its text as Go's race runtime prints it. */

/** A memory operation of a race. Stacks are outermost first, and their pcs return addresses. */
export interface RaceMop {
  /** The first byte that it touched of its 8. */
  readonly address: number;
  readonly write: boolean;
  readonly tid: number;
  readonly stack: readonly number[];
}

export interface ReportedThread {
  readonly tid: number;
  readonly running: boolean;
  /** Where it was created. */
  readonly stack: readonly number[];
}

export interface RaceReport {
  /** The access that found it, and the one before. */
  readonly mops: readonly [RaceMop, RaceMop];
  readonly threads: readonly ReportedThread[];
}

export interface ReportedFrame {
  readonly function: string;
  readonly file: string;
  readonly line: number;
  /** Bytes from the function's entry. */
  readonly offset: number;
}

/** Frames at a pc, which is of a call's or an access's instruction: inlined functions first, innermost first. */
export type SymbolizePc = (pc: number) => readonly ReportedFrame[];

const MAIN = 1;
const RULE = '==================\n';

/** A stack as it is shown, innermost frame first; `pcs` are return addresses, outermost first. */
export function reportedFrames(pcs: readonly number[], symbolize: SymbolizePc): readonly ReportedFrame[] {
  const frames = pcs
    .map(pc => symbolize(pc - 1))
    .reverse()
    .flat();
  // The outermost is where the runtime starts a goroutine.
  return frames.length > 1 ? frames.slice(0, -1) : frames;
}

/** The text of a report. `prefix`: what `strip_path_prefix` cuts off files, with all that stands before it. */
export function raceReportText(report: RaceReport, symbolize: SymbolizePc, prefix: string): string {
  const stackText = (stack: readonly number[]): string => {
    if (stack.length === 0) return '  [failed to restore the stack]\n';
    return reportedFrames(stack, symbolize)
      .map(frame => `  ${frame.function}()\n      ${strip(frame.file, prefix)}:${frame.line} +0x${frame.offset.toString(16)}\n`)
      .join('');
  };
  const mopText = (mop: RaceMop, index: number): string => {
    const kind = index === 0 ? (mop.write ? 'Write' : 'Read') : `Previous ${mop.write ? 'write' : 'read'}`;
    const who = mop.tid === MAIN ? 'main goroutine' : `goroutine ${mop.tid}`;
    return `\n${kind} at 0x${mop.address.toString(16).padStart(12, '0')} by ${who}:\n${stackText(mop.stack)}`;
  };
  const threadText = ({ tid, running, stack }: ReportedThread): string =>
    tid === MAIN ? '' : `\nGoroutine ${tid} (${running ? 'running' : 'finished'}) created at:\n${stackText(stack)}`;
  return `${RULE}WARNING: DATA RACE${report.mops.map(mopText).join('')}${report.threads.map(threadText).join('')}${RULE}`;
}

function strip(file: string, prefix: string): string {
  const at = prefix === '' ? -1 : file.indexOf(prefix);
  return at < 0 ? file : file.slice(at + prefix.length);
}
