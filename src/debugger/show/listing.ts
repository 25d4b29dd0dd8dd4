/** `disassemble`: a range of code as lines and as data. */

import { hex } from '../../host/hex.js';
import type { Answer, Data } from '../answer.js';
import { sideName } from '../code/describe.js';
import { disassembleRange, type Flavor } from '../code/disassemble.js';
import type { Session } from '../session/session.js';
import type { SourceFiles } from '../session/sources.js';
import type { Target } from '../target.js';

/** What code is shown with. */
export interface CodeLook {
  readonly flavor: Flavor;
  readonly sources: SourceFiles;
  /** Addresses of breakpoints. */
  readonly stops: ReadonlySet<bigint>;
}

export const codeLook = ({ settings, sources, breakpoints }: Session): CodeLook => ({
  flavor: settings.flavor,
  sources,
  stops: breakpoints.addresses,
});

export interface ListingOptions extends CodeLook {
  /** Where the selected frame stands. */
  readonly pc: bigint | undefined;
  readonly bytes: boolean;
  readonly source: boolean;
}

export function disassembly(target: Target, start: bigint, end: bigint, options: ListingOptions): Answer {
  const { images } = target;
  const { pc, stops, sources, flavor } = options;
  const func = images.functionAt(start);
  const out: string[] = [];
  const data: Data[] = [];
  if (func !== undefined) out.push(`TEXT ${sideName(func)}(SB)${func.file === undefined ? '' : ` ${func.file}`}`);
  let shown = '';
  const lines = disassembleRange(target, flavor, start, { end });
  const names = lines.map(line => shortLine(images.lineAt(line.address)));
  const width = Math.max(0, ...names.map(name => name.length));
  for (const [index, line] of lines.entries()) {
    const at = images.lineAt(line.address);
    const key = at === undefined ? '' : `${at.file}:${at.line}`;
    if (options.source && key !== shown && at !== undefined) {
      out.push(`${key}${sourceText(sources, at.file, at.line)}`);
      shown = key;
    }
    const bytes = [...line.bytes].map(byte => byte.toString(16).padStart(2, '0')).join('');
    const mark = line.address === pc ? '=>' : '  ';
    const offset = func === undefined ? '' : `<+${line.address - func.entry}>`;
    const address = `${hex(line.address)}${stops.has(line.address) ? '*' : ' '}`;
    const columns = [mark, ...(options.source ? [] : [names[index]!.padEnd(width)]), address, offset.padEnd(7)];
    if (options.bytes) columns.push(bytes.padEnd(22));
    out.push(`${columns.filter(column => column !== '').join(' ')} ${line.text}`);
    data.push({
      address: hex(line.address),
      bytes,
      text: line.text,
      file: at?.file ?? null,
      line: at?.line ?? null,
      current: line.address === pc,
    });
  }
  return { output: out.join('\n'), data };
}

function shortLine(at: { readonly file: string; readonly line: number } | undefined): string {
  return at === undefined ? '' : `${at.file.slice(at.file.lastIndexOf('/') + 1)}:${at.line}`;
}

function sourceText(sources: SourceFiles, file: string, line: number): string {
  const source = sources.line(file, line);
  return source === undefined ? '' : `  ${source.trim()}`;
}
