/** A function with its place in the text. */
import type { FunctionSource } from './frame.js';
import type { FunctionItems, Item } from './items.js';
import type { LaidOut } from './layout.js';
import type { AssembledFunction, FrameRow, LineRow } from './program.js';
import type { DeclaredSignature } from './types.js';

export interface FunctionEntry {
  readonly source: FunctionSource;
  readonly file: string;
  items: FunctionItems;
  laid: LaidOut;
  address: bigint;
}

/** What the rest of r14 is told of a function. `both`: there is one of its name in the register convention too. */
export function assembledFunction(entry: FunctionEntry, signature: DeclaredSignature | undefined, both: boolean): AssembledFunction {
  const { source, items, laid, address } = entry;
  const end = laid.offsets[laid.offsets.length - 1];
  const { name } = source.symbol;
  return {
    name,
    linkName: both ? `${name}.abi0` : name,
    address,
    size: end,
    kind: 'func',
    convention: source.convention,
    flags: source.flags,
    frame: source.frame,
    args: source.args ?? 0,
    body: address + BigInt(laid.offsets[items.body]),
    at: source.at,
    rows: frameRows(items.items, laid, address),
    lines: lineRows(items.items, laid, address),
    signature,
    spilled: new Map([...items.spilled].map(([parameter, index]) => [parameter, address + BigInt(laid.offsets[index])])),
    inlined: items.inlined.map(body => ({
      name: body.name,
      start: address + BigInt(laid.offsets[body.from]),
      end: address + BigInt(laid.offsets[body.to < 0 ? items.items.length : body.to]),
      line: body.line,
    })),
    spWrite: items.spWrite,
  };
}

function frameRows(items: readonly Item[], laid: LaidOut, address: bigint): FrameRow[] {
  const rows: FrameRow[] = [];
  items.forEach((item, index) => {
    const cfa = item.depth + 8;
    const bp = item.savedBp ? -16 : undefined;
    const last = rows[rows.length - 1];
    if (last === undefined || last.cfa !== cfa || last.bp !== bp) rows.push({ pc: address + BigInt(laid.offsets[index]), cfa, bp });
  });
  return rows;
}

function lineRows(items: readonly Item[], laid: LaidOut, address: bigint): LineRow[] {
  const rows: LineRow[] = [];
  items.forEach((item, index) => {
    const last = rows[rows.length - 1];
    // What has no code, as NOP, has no line.
    if (laid.offsets[index] === laid.offsets[index + 1]) return;
    if (last === undefined || last.file !== item.at.file || last.line !== item.at.line) {
      rows.push({ pc: address + BigInt(laid.offsets[index]), file: item.at.file, line: item.at.line });
    }
  });
  return rows;
}
