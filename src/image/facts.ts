/** What a program file is, for who asks before it is run: how it was built, and by what evidence it is a race build. */
import type { Unpack } from '../host/unpack.js';
import type { Image } from './api.js';
import { Elf } from './elf/elf.js';
import { goMinor } from './go/version.js';
import { openImage } from './image.js';

const LONG_LENGTH = 0xffff_ffff;
/** First Go 1.N whose race runtime is ThreadSanitizer v3; ABIInternal passes arguments in registers since the other. */
const FIRST = { v3: 19, registers: 17 } as const;

export interface ProgramFacts {
  readonly pie: boolean;
  /** Path of its loader; undefined: it is static. */
  readonly interpreter: string | undefined;
  readonly symbols: number;
  readonly buildId: string | undefined;
  readonly go: Image['go'];
  readonly race: RaceEvidence;
  /** Functions of assembly with ABI0, as far as symbols tell. */
  readonly abi0: number;
  /** Go's assembly and compiled code pass arguments in registers; undefined: it is no Go. */
  readonly registers: boolean | undefined;
  /** How many units of each version of DWARF. */
  readonly dwarf: ReadonlyMap<number, number>;
  readonly problems: readonly string[];
}

export interface RaceEvidence {
  /** `-race` among the build settings; undefined: there are none. */
  readonly setting: boolean | undefined;
  /** `runtime.race*` functions that only a race build has, and `__tsan_*`. */
  readonly runtime: number;
  readonly tsan: number;
  /** Of the race runtime; undefined: it has none, or it is not known. */
  readonly generation: 'v2' | 'v3' | undefined;
}

/** Throws FormatError, one line that begins with the path. */
export function programFacts(bytes: Uint8Array, path: string, unpack: Unpack): ProgramFacts {
  const elf = new Elf(bytes, path, unpack);
  const image = openImage(bytes, path, 0n, unpack);
  const names = [...image.functions()];
  const minor = image.go === undefined ? undefined : goMinor(image.go.version);
  let symbols = 0;
  for (const _ of image.symbols()) symbols++;
  const tsan = new Set(names.flatMap(({ name }) => (name.startsWith('__tsan_') ? [name] : []))).size;
  return {
    pie: elf.header.positionIndependent,
    interpreter: elf.interpreter,
    symbols,
    buildId: elf.buildId,
    go: image.go,
    race: {
      setting: image.go === undefined || image.go.settings.size === 0 ? undefined : image.go.settings.get('-race') === 'true',
      runtime: new Set(names.flatMap(({ name }) => (/^runtime\.race[a-z]/.test(name) ? [name] : []))).size,
      tsan,
      generation: tsan === 0 || minor === undefined ? undefined : minor >= FIRST.v3 ? 'v3' : 'v2',
    },
    abi0: names.filter(({ linkName }) => linkName.endsWith('.abi0')).length,
    registers: minor === undefined ? undefined : minor >= FIRST.registers,
    dwarf: dwarfVersions(elf.debugSection('.debug_info')),
    problems: [...elf.problems, ...image.problems],
  };
}

/** Units of .debug_info by their version (DWARF 5, 7.5.1); what follows a header that cannot be is not counted. */
function dwarfVersions(info: Uint8Array | undefined): ReadonlyMap<number, number> {
  const versions = new Map<number, number>();
  if (info === undefined) return versions;
  const view = new DataView(info.buffer, info.byteOffset, info.byteLength);
  for (let at = 0; at + 16 <= info.length; ) {
    const short = view.getUint32(at, true);
    const head = short === LONG_LENGTH ? 12 : 4;
    const length = short === LONG_LENGTH ? Number(view.getBigUint64(at + 4, true)) : short;
    const version = view.getUint16(at + head, true);
    if (version < 2 || version > 5 || length > info.length - at - head) break;
    versions.set(version, (versions.get(version) ?? 0) + 1);
    at += head + length;
  }
  return versions;
}
