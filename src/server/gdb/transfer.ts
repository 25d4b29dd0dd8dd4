/** Whole objects that gdb reads by parts: `qXfer:OBJECT:read:ANNEX:OFFSET,LENGTH` (GDB manual, appendix E, "General Query Packets"). */
import type { AddressSpace } from '../../cpu/api.js';
import { MemoryFault } from '../../cpu/api.js';
import { auxiliaryVector } from '../../debugger/memory/auxv.js';
import type { Session } from '../../debugger/session/session.js';
import { utf8 } from '../../host/bytes.js';
import { xmlAttribute, xmlText } from '../../host/xml.js';
import { targetXml } from './description.js';
import { charactersOf } from './packets.js';
import { goThreadText } from './threads.js';

/** By name, the object as a string of bytes; undefined: the program has none, or not now. */
const OBJECTS: Readonly<Record<string, (session: Session, annex: string) => string | undefined>> = {
  features: (_, annex) => (annex === 'target.xml' ? targetXml() : undefined),
  'exec-file': session => charactersOf(utf8(session.target.process.objects[0]!.path)),
  auxv: session => auxvBytes(session),
  threads: session => threadList(session),
  'memory-map': () =>
    // What is mapped changes while it runs, and gdb asks once.
    '<?xml version="1.0"?><memory-map><memory type="ram" start="0x0" length="0x800000000000"/></memory-map>',
  siginfo: session => siginfo(session),
  'libraries-svr4': session => libraryList(session),
};

export const OBJECT_NAMES: readonly string[] = Object.keys(OBJECTS);

/** The reply to such a packet, without its `qXfer:`. */
export function transfer(session: Session, asked: string): string {
  const [, name, annex, from, length] = /^([\w-]+):read:([^:]*):([0-9a-f]+),([0-9a-f]+)$/i.exec(asked) ?? [];
  if (name === undefined || !Object.hasOwn(OBJECTS, name)) return '';
  const whole = OBJECTS[name]!(session, annex!);
  if (whole === undefined) return 'E00';
  const start = Number.parseInt(from!, 16);
  const end = start + Number.parseInt(length!, 16);
  return `${end >= whole.length ? 'l' : 'm'}${whole.slice(start, end)}`;
}

function auxvBytes({ target }: Session): string {
  const entries = auxiliaryVector(target.memory, target.initialSp);
  const bytes = new Uint8Array(16 * (entries.length + 1));
  const view = new DataView(bytes.buffer);
  entries.forEach(({ type, value }, i) => {
    view.setBigUint64(16 * i, BigInt(type), true);
    view.setBigUint64(16 * i + 8, value, true);
  });
  return charactersOf(bytes);
}

function threadList(session: Session): string {
  const rows = session.target.process.threads
    .filter(({ state }) => state !== 'exited')
    .map(thread => `<thread id="${thread.tid.toString(16)}">${xmlText(goThreadText(session, thread))}</thread>`);
  return charactersOf(utf8(`<?xml version="1.0"?><threads>${rows.join('')}</threads>`));
}

/** The signal's siginfo_t, as far as it is known (Linux, uapi/asm-generic/siginfo.h). */
function siginfo({ stop }: Session): string | undefined {
  if (stop.reason !== 'signal') return undefined;
  const { signal, code, address, sender } = stop.signal;
  const bytes = new Uint8Array(128);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, signal, true);
  view.setInt32(8, code, true);
  if (address !== undefined) view.setBigUint64(16, address, true);
  else view.setInt32(16, sender ?? 0, true);
  return charactersOf(bytes);
}

const DT_NULL = 0n;
const DT_DEBUG = 21n;
const PT_DYNAMIC = 2;
const PT_PHDR = 6;
const MOST_ROWS = 1000;

/** The loader's list (struct link_map of <link.h>), which the program's DT_DEBUG leads to; undefined: there is no loader, or it has not come so far. */
function libraryList({ target }: Session): string | undefined {
  const { memory } = target;
  try {
    const first = linkMap(memory, new Map(auxiliaryVector(memory, target.initialSp).map(({ name, value }) => [name, value])));
    const rows: string[] = [];
    let main = '';
    for (let at = first; at !== 0n && rows.length < MOST_ROWS; at = memory.readU64(at + 24n)) {
      const [bias, name, dynamic] = [0n, 8n, 16n].map(offset => memory.readU64(at + offset)) as [bigint, bigint, bigint];
      if (at === first) main = ` main-lm="0x${at.toString(16)}"`;
      else
        rows.push(
          `<library name="${xmlAttribute(cString(memory, name))}" lm="0x${at.toString(16)}" lmid="0x0" l_addr="0x${bias.toString(16)}" l_ld="0x${dynamic.toString(16)}"/>`,
        );
    }
    return `<library-list-svr4 version="1.0"${main}>${rows.join('')}</library-list-svr4>`;
  } catch (error) {
    if (error instanceof MemoryFault) return '<library-list-svr4 version="1.0"/>';
    throw error;
  }
}

function linkMap(memory: AddressSpace, auxv: ReadonlyMap<string, bigint>): bigint {
  const headers = auxv.get('AT_PHDR') ?? 0n;
  let bias = 0n;
  let dynamic: bigint | undefined;
  for (let i = 0n; i < (auxv.get('AT_PHNUM') ?? 0n); i++) {
    const at = headers + 56n * i;
    const type = memory.readU32(at);
    if (type === PT_PHDR) bias = headers - memory.readU64(at + 16n);
    if (type === PT_DYNAMIC) dynamic = memory.readU64(at + 16n);
  }
  if (dynamic === undefined) return 0n;
  for (let at = dynamic + bias; memory.readU64(at) !== DT_NULL; at += 16n) {
    if (memory.readU64(at) !== DT_DEBUG) continue;
    const debug = memory.readU64(at + 8n);
    return debug === 0n ? 0n : memory.readU64(debug + 8n);
  }
  return 0n;
}

function cString(memory: AddressSpace, at: bigint): string {
  const bytes: number[] = [];
  for (let byte = memory.readU8(at); byte !== 0 && bytes.length < 4096; byte = memory.readU8(at + BigInt(bytes.length))) bytes.push(byte);
  return charactersOf(Uint8Array.from(bytes));
}
