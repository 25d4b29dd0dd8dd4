import { hex } from '../../host/hex.js';
import { told } from '../../host/told.js';
import type { SourceLine } from '../../image/api.js';
import { type Answer, text } from '../answer.js';
import { describeAddress } from '../code/describe.js';
import { disassembleRange } from '../code/disassemble.js';
import { CommandError } from '../errors.js';
import { addressOfExpression, locate, sourcePlace } from '../session/expressions.js';
import { spelledLine } from '../session/locations.js';
import type { Session } from '../session/session.js';
import { codeLook, disassembly } from '../show/listing.js';
import { sourceAround } from '../show/source-around.js';
import { type LogicalFrame, lookupPc } from '../stack/frame.js';
import type { Arguments } from './arguments.js';
import type { Command } from './command.js';

const code = { group: 'code', repeat: 'no' } as const;

export const codeCommands: readonly Command[] = [
  {
    ...code,
    name: 'disassemble',
    aliases: ['disass', 'disas', 'da'],
    syntax: [
      'disassemble [/rsm] [FUNCTION|ADDRESS]',
      'disassemble [/rsm] START,END',
      'disassemble [/rsm] START,+LENGTH',
      'disassemble -a START END',
      'disassemble -l LOCATION',
    ],
    summary: 'instructions of a function or a range; => marks the selected frame, * breakpoints',
    details: '/r adds the bytes, /s (or /m) the source lines. config disassemble-flavor chooses gnu, intel or go.',
    completion: ['function'],
    format: true,
    run: disassembleCommand,
  },
  {
    ...code,
    name: 'list',
    aliases: ['l', 'ls'],
    syntax: ['list', 'list LOCATION', 'list FIRST,LAST', 'list -'],
    summary: 'source around the selected frame or a location; - for the lines before those last listed',
    completion: ['location'],
    repeat: 'bare',
    run: listCommand,
  },
  {
    ...code,
    name: 'info line',
    aliases: [],
    syntax: ['info line [LOCATION]'],
    summary: 'the source line of a location, and its addresses',
    completion: ['location'],
    run: (session, args) => {
      const rows = args.empty ? [lineOfFrame(session)] : linesOf(session, locate(session, args.text, args.column, true).addresses);
      const lines = rows.map(({ address, line }) => {
        const name = describeAddress(session.target.images, address) ?? 'no function';
        return line === undefined
          ? `No line for ${hex(address)} <${name}>.`
          : `Line ${line.line} of "${line.file}" is at ${hex(address)} <${name}>.`;
      });
      return text(
        lines.join('\n'),
        rows.map(({ address, line }) => ({ address: hex(address), file: line?.file ?? null, line: line?.line ?? null })),
      );
    },
  },
  {
    ...code,
    name: 'info symbol',
    aliases: [],
    syntax: ['info symbol ADDRESS'],
    summary: 'the symbol that covers an address',
    completion: ['expression'],
    run: (session, args) => {
      if (args.empty) throw args.error('info symbol wants an address');
      const address = addressOfExpression(session.context(), args.text, args.column);
      const name = describeAddress(session.target.images, address);
      if (name === undefined) throw new CommandError(`no symbol covers ${hex(address)}`, args.column);
      const image = session.target.images.at(address);
      return text(`${name} in ${image?.path ?? '?'}`, { address: hex(address), symbol: name });
    },
  },
  {
    ...code,
    name: 'info source',
    aliases: [],
    syntax: ['info source'],
    summary: "the selected frame's source file, and whether it is on this host",
    completion: [],
    run: session => {
      const { file } = session.frame;
      if (file === undefined) return text('No source file is known here.');
      const found = session.sources.path(file);
      const path = found ?? session.settings.substitute(file);
      const there = found !== undefined;
      return text(`${file}${path === file ? '' : `, looked up as ${path}`}: ${there ? 'can be read' : 'is not on this host'}`, {
        file,
        path,
        found: there,
      });
    },
  },
];

function disassembleCommand(session: Session, args: Arguments): Answer {
  const slashed = /^\/([a-z]+)(?=\s|$)/.exec(args.text);
  const modifiers = args.format + (slashed?.[1] ?? '');
  for (const letter of modifiers) {
    if (!'rsm'.includes(letter)) throw args.error(`disassemble has no modifier "${letter}"; it has /r /s /m`);
  }
  const rest = slashed === null ? args : args.from(slashed[0].length);
  const [start, end] = range(session, rest);
  return disassembly(session.target, start, end, {
    ...codeLook(session),
    pc: session.pc,
    bytes: modifiers.includes('r'),
    source: /[sm]/.test(modifiers),
  });
}

function range(session: Session, args: Arguments): readonly [bigint, bigint] {
  if (args.empty) return functionRange(session, lookupPc(session.frame.physical), args);
  const delve = /^-([al])\s+/.exec(args.text);
  if (delve?.[1] === 'l') {
    const rest = args.from(delve[0].length);
    return functionRange(session, locate(session, rest.text, rest.column, true).addresses[0]!, rest);
  }
  const rest = delve === null ? args : args.from(delve[0].length);
  const comma = delve === null ? topLevelComma(rest.text) : -1;
  const [first, second] =
    delve === null ? [rest.text.slice(0, comma).trim(), rest.text.slice(comma + 1).trim()] : rest.words().map(word => word.text);
  if (comma >= 0 || delve !== null) {
    if (first === undefined || second === undefined || second === '') throw rest.error('the range wants a start and an end');
    const start = addressOfExpression(session.context(), first, rest.column);
    const end = second.startsWith('+')
      ? start + addressOfExpression(session.context(), second.slice(1), rest.column + comma + 2)
      : addressOfExpression(session.context(), second, rest.column + comma + 1);
    if (end <= start) throw rest.error('the range ends before it starts');
    if (end - start > 0x10_0000n) throw rest.error('the range is larger than 1 MiB');
    return [start, end];
  }
  const functions = tryFunctions(session, rest);
  return functions ?? functionRange(session, addressOfExpression(session.context(), rest.text, rest.column), rest);
}

function tryFunctions(session: Session, args: Arguments): readonly [bigint, bigint] | undefined {
  try {
    const { functions } = locate(session, args.text, args.column, true);
    const func = functions[0];
    return func === undefined ? undefined : [func.entry, func.end];
  } catch (error) {
    told(error);
    return undefined;
  }
}

function topLevelComma(source: string): number {
  let depth = 0;
  for (let index = 0; index < source.length; index++) {
    if ('([{'.includes(source[index]!)) depth++;
    else if (')]}'.includes(source[index]!)) depth--;
    else if (source[index] === ',' && depth === 0) return index;
  }
  return -1;
}

function functionRange(session: Session, pc: bigint, args: Arguments): readonly [bigint, bigint] {
  const func = session.target.images.functionAt(pc);
  if (func !== undefined) return [func.entry, func.end];
  const hit = session.target.images.symbolAt(pc);
  if (hit !== undefined && hit.symbol.size > 0) return [hit.symbol.address, hit.symbol.address + BigInt(hit.symbol.size)];
  const lines = disassembleRange(session.target, session.settings.flavor, pc, { count: 16 });
  const last = lines.at(-1);
  if (last === undefined) throw args.error(`there is no code at ${hex(pc)}`);
  return [pc, last.address + BigInt(last.length)];
}

interface Range {
  readonly file: string;
  readonly first: number;
  readonly last: number;
  /** Where the line itself was asked for: it must be there. */
  readonly line?: number;
  /** The functions that the end of a name has been taken for. */
  readonly meant?: readonly string[];
}

function listCommand(session: Session, args: Arguments): Answer {
  const { file, first, last, line, meant } = listRange(session, args, session.settings.number('source-list-line-count'));
  const count = session.sources.lines(file)?.length;
  if (count === undefined)
    throw new CommandError(`${file} is not on this host; directory DIR says where to look, set substitute-path FROM TO where it is`);
  if ((line ?? first) > count) throw args.error(`${file} has only ${count} line${count === 1 ? '' : 's'}`);
  const frame = frameOf(session);
  const end = Math.min(last, count);
  const lines = sourceAround(session.sources, file, frame?.file === file ? (frame.line ?? 0) : 0, first, end) ?? [];
  session.resume.list = { file, first, last: end, stop: session.stop, frame: session.selection.frame };
  return text([headOf(file, meant), ...lines].join('\n'), { file, first, last: end });
}

/** Most names of functions that are listed beside the first. */
const MOST_OTHERS = 3;

function headOf(file: string, meant: readonly string[] = []): string {
  const [first, ...others] = meant;
  if (first === undefined) return `${file}:`;
  const more = others.length > MOST_OTHERS ? `, and ${others.length - MOST_OTHERS} more` : '';
  return `${first}, ${file}:${others.length === 0 ? '' : ` (not ${others.slice(0, MOST_OTHERS).join(', ')}${more})`}`;
}

const frameOf = (session: Session): LogicalFrame | undefined => (session.exited ? undefined : session.frame);

function listRange(session: Session, args: Arguments, around: number): Range {
  const frame = sourcePlace(session);
  const going = session.resume.list;
  const about = (file: string, line: number): Range => ({ file, first: Math.max(1, line - around), last: line + around, line });
  if (args.empty) {
    if (going !== undefined && session.lastLine.startsWith('l'))
      return { file: going.file, first: going.last + 1, last: going.last + 1 + 2 * around };
    if (frame === undefined) session.requireProcess();
    if (frame?.file === undefined || frame.line === undefined)
      throw new CommandError('no source line is known here; disassemble shows the code');
    return about(frame.file, frame.line);
  }
  // Before what was listed at this stop, else before the line that the frame is at.
  const listed = going?.stop === session.stop && going.frame === session.selection.frame ? going : undefined;
  if (args.text === '-') {
    const file = listed?.file ?? frame?.file;
    const before = listed?.first ?? frame?.line;
    if (file === undefined || before === undefined) throw args.error('no source line is known here to list the lines before of');
    if (before <= 1) throw args.error(`that was the start of ${file}`);
    return { file, first: Math.max(1, before - 1 - 2 * around), last: before - 1 };
  }
  const file = frame?.file ?? listed?.file;
  const lines = /^(\d+)?\s*,\s*(\d+)$/.exec(args.text);
  if (lines !== null) {
    if (file === undefined) throw args.error('no source file is known here');
    const last = Number(lines[2]);
    const first = Math.max(1, lines[1] === undefined ? last - 2 * around : Number(lines[1]));
    if (last < first) throw args.error('the range ends before it starts');
    return { file, first, last };
  }
  const spelled = spelledLine(args.text, { images: session.target.images, file, line: frame?.line }, args.column);
  if (spelled !== undefined) {
    if (spelled.line < 1) throw args.error('the first line is 1');
    return about(spelled.file, spelled.line);
  }
  const { addresses, functions } = locate(session, args.text, args.column, true);
  const at =
    functions[0]?.file !== undefined
      ? { file: functions[0].file, line: functions[0].line ?? 1 }
      : session.target.images.lineAt(addresses[0]!);
  if (at === undefined) throw args.error(`no source is known of ${args.text}`);
  const names = [...new Set(functions.map(({ name }) => name))];
  return { ...about(at.file, at.line), ...(names.includes(args.text) ? {} : { meant: names }) };
}

interface LineRow {
  readonly address: bigint;
  readonly line: SourceLine | undefined;
}

/** Where a frame has made its call is the line of the call, not that of the return address. */
function lineOfFrame({ frame }: Session): LineRow {
  const { file, line } = frame;
  return { address: frame.physical.pc, line: file === undefined || line === undefined ? undefined : { file, line } };
}

function linesOf(session: Session, addresses: readonly bigint[]): readonly LineRow[] {
  return addresses.map(address => ({ address, line: session.target.images.lineAt(address) }));
}
