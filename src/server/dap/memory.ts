/** Memory and instructions by address. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { describeCode } from '../../debugger/code/describe.js';
import { type DisassembledLine, disassembleRange } from '../../debugger/code/disassemble.js';
import { addressOfExpression } from '../../debugger/session/expressions.js';
import { fromBase64, hexText, toBase64 } from '../../host/bytes.js';
import { hex } from '../../host/hex.js';
import type { Adapter, DapRequests } from './adapter.js';
import { type Fields, RequestError } from './fields.js';

const PAGE = 4096n;
/** Bytes and instructions of one answer. */
const MOST_BYTES = 2 ** 20;
const MOST_INSTRUCTIONS = 5000;

/** An address as r14 gave it, or any expression that is one. */
function addressIn({ session }: Adapter, fields: Fields): bigint {
  const reference = fields.text('memoryReference');
  const base = /^0x[0-9a-f]{1,16}$/i.test(reference) ? BigInt(reference) : addressOfExpression(session.context(), reference, 0);
  return BigInt.asUintN(64, base + BigInt(fields.maybeWhole('offset', true) ?? 0));
}

function readMemory(adapter: Adapter, fields: Fields): object {
  const { memory } = adapter.session.target;
  const address = addressIn(adapter, fields);
  const count = fields.whole('count');
  const wanted = Math.min(count, MOST_BYTES);
  let mapped = 0;
  while (mapped < wanted) {
    const at = address + BigInt(mapped);
    if (memory.mappingAt(at) === undefined) break;
    mapped += Math.min(wanted - mapped, Number(PAGE - (at & (PAGE - 1n))));
  }
  const more = mapped < count ? { unreadableBytes: unmapped(adapter, address + BigInt(mapped), count - mapped) } : {};
  return { address: hex(address), ...more, ...(mapped === 0 ? {} : { data: toBase64(memory.read(address, mapped)) }) };
}

/** How many bytes from here on cannot be read. */
function unmapped({ session }: Adapter, address: bigint, most: number): number {
  const { memory } = session.target;
  const end = address + BigInt(most);
  const next = memory.mappings().find(mapping => mapping.end > address);
  return next === undefined || next.start >= end ? most : Math.max(0, Number(next.start - address));
}

function writeMemory(adapter: Adapter, fields: Fields): object {
  const { session, client } = adapter;
  const { memory } = session.target;
  const address = addressIn(adapter, fields);
  const text = fields.text('data');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.replace(/=+$/, '').length % 4 === 1)
    throw new RequestError('writeMemory: data is not base64');
  const bytes = fromBase64(text);
  let mapped = 0;
  while (mapped < bytes.length && memory.mappingAt(address + BigInt(mapped)) !== undefined)
    mapped += Math.min(bytes.length - mapped, Number(PAGE - ((address + BigInt(mapped)) & (PAGE - 1n))));
  if (mapped < bytes.length && !fields.flag('allowPartial'))
    throw new RequestError(`could not write ${bytes.length} bytes at ${hex(address)}: not mapped at ${hex(address + BigInt(mapped))}`);
  if (mapped > 0) {
    memory.write(address, bytes.subarray(0, mapped));
    session.changed(`set ${mapped} bytes at ${hex(address)}`);
    if (client.invalidated) adapter.tell('invalidated', { areas: ['all'] });
  }
  return { bytesWritten: mapped };
}

/** Bytes between functions: what fills them up is code too. */
const MOST_FILLING = 64;

/** Instructions that end where `address` begins, at most so many: from the entries of the functions before it, the last one first. */
function before(adapter: Adapter, address: bigint, count: number): readonly DisassembledLine[] {
  const { target, settings } = adapter.session;
  let found: readonly DisassembledLine[] = [];
  let end = address;
  while (found.length < count) {
    const entry = entryBefore(adapter, end);
    if (entry === undefined) break;
    const lines = disassembleRange(target, settings.flavor, entry, { end });
    const last = lines.at(-1);
    // In the middle of an instruction: what ends elsewhere is none that comes before.
    const whole = last !== undefined && last.address + BigInt(last.length) > end ? lines.slice(0, -1) : lines;
    found = [...whole, ...found];
    end = entry;
  }
  return found.slice(-count);
}

function entryBefore({ session }: Adapter, end: bigint): bigint | undefined {
  const { images } = session.target;
  for (let back = 1n; back <= MOST_FILLING && back <= end; back++) {
    const func = images.functionAt(end - back);
    if (func !== undefined && func.entry < end) return func.entry;
  }
  return undefined;
}

const missing = (address: bigint): DebugProtocol.DisassembledInstruction => ({
  address: hex(BigInt.asUintN(64, address)),
  instruction: '??',
  presentationHint: 'invalid',
});

function disassemble(adapter: Adapter, fields: Fields): object {
  const { session } = adapter;
  const { target, settings } = session;
  const address = addressIn(adapter, fields);
  const offset = fields.maybeWhole('instructionOffset', true) ?? 0;
  const count = fields.whole('instructionCount');
  if (count > MOST_INSTRUCTIONS || Math.abs(offset) > MOST_INSTRUCTIONS)
    throw new RequestError(`disassemble: ${MOST_INSTRUCTIONS} instructions at most`);
  const back = offset < 0 ? before(adapter, address, -offset) : [];
  const ahead = disassembleRange(target, settings.flavor, address, { count: Math.max(0, count + offset) });
  const known = [...back, ...ahead].map(line => instructionOf(adapter, line));
  // The client counts on as many as it has asked for.
  const first = back[0]?.address ?? address;
  const lacking = offset < 0 ? -offset - back.length : 0;
  const front = Array.from({ length: lacking }, (_, index) => missing(first - BigInt(lacking - index)));
  const rows = [...front, ...known].slice(Math.max(0, offset), Math.max(0, offset) + count);
  const last = ahead.at(-1);
  const end = last === undefined ? address : last.address + BigInt(last.length);
  for (let index = 0; rows.length < count; index++) rows.push(missing(end + BigInt(index)));
  return { instructions: rows };
}

function instructionOf(adapter: Adapter, { address, bytes, text }: DisassembledLine): DebugProtocol.DisassembledInstruction {
  const { images } = adapter.session.target;
  const line = images.lineAt(address);
  const func = images.functionAt(address);
  return {
    address: hex(address),
    instructionBytes: hexText(bytes).replace(/(..)(?=.)/g, '$1 '),
    instruction: text,
    ...(func === undefined ? {} : { symbol: describeCode(images, address) }),
    ...(line === undefined || line.file.startsWith('<')
      ? {}
      : { location: adapter.sources.of(line.file), line: adapter.lineOut(line.line) }),
  };
}

export const memoryRequests: DapRequests = {
  readMemory: { wants: 'still', answer: readMemory },
  writeMemory: { wants: 'still', answer: writeMemory },
  disassemble: { wants: 'still', answer: disassemble },
};
