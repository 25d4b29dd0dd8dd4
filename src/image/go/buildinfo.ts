/** What `go version -m` prints: version, main package and build settings, from the blob that cmd/link leaves in every Go program. */
import { everyIndexOf, utf8 } from '../../host/bytes.js';
import type { GoBuild } from '../api.js';
import { ByteReader, FormatError } from '../bytes.js';
import type { Elf } from '../elf/elf.js';
import { PF } from '../elf/headers.js';

const MAGIC = Uint8Array.of(0xff, ...utf8(' Go buildinf:'));
const ALIGN = 16;
const HEADER_SIZE = 32;
/** Flag bit (Go 1.18): the strings follow the header instead of being pointed to. */
const INLINE_STRINGS = 2;
/** Length of the random frames around the module text (cmd/go, modload.infoStart and infoEnd). */
const FRAME = 16;

/** The blob is in `.go.buildinfo`, or at the start of the first writable segment when section names are gone. */
export function readBuildInfo(elf: Elf): GoBuild | undefined {
  const section = elf.sectionNamed('.go.buildinfo');
  const candidates: (Uint8Array | undefined)[] = [section && elf.sectionBytes(section)];
  for (const load of elf.loads) if (load.flags & PF.w) candidates.push(elf.bytes.subarray(load.offset, load.offset + load.fileSize));
  for (const bytes of candidates) {
    const blob = bytes && find(bytes);
    if (!blob) continue;
    try {
      const { version, modules } = readStrings(elf, blob);
      if (version) return { version, ...parseModules(modules) };
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      elf.problems.push(`Go build information: ${error.message}`);
    }
  }
  return undefined;
}

function find(bytes: Uint8Array): Uint8Array | undefined {
  for (const at of everyIndexOf(bytes, MAGIC)) if (at % ALIGN === 0 && at + HEADER_SIZE <= bytes.length) return bytes.subarray(at);
  return undefined;
}

function readStrings(elf: Elf, blob: Uint8Array): { version: string; modules: string } {
  const flags = blob[15]!;
  const r = new ByteReader(blob, 'the strings', 16);
  if (flags & INLINE_STRINGS) {
    r.seek(HEADER_SIZE);
    return { version: r.string(r.uleb()), modules: r.string(r.uleb()) };
  }
  if (blob[14] !== 8 || flags & 1) throw new FormatError(`pointers of ${blob[14]} bytes, flags ${flags}`);
  const pointed = (address: number) => elf.memory.string(elf.memory.word(address), elf.memory.word(address + 8));
  const [version, modules] = [r.size64(), r.size64()];
  return { version: pointed(version), modules: modules ? pointed(modules) : '' };
}

function parseModules(framed: string): Omit<GoBuild, 'version'> {
  const settings = new Map<string, string>();
  let path = '';
  // The frames are bytes that are no UTF-8, so they are cut off by lines: the text starts at a known keyword.
  const end = framed.lastIndexOf('\n');
  const start = framed.search(/(?:path|mod|build|dep)\t/);
  if (start < 0 || start > FRAME || end < start) return { path, settings };
  for (const line of framed.slice(start, end).split('\n')) {
    const tab = line.indexOf('\t');
    const rest = line.slice(tab + 1);
    if (line.startsWith('path\t')) path = rest;
    else if (line.startsWith('build\t')) {
      const [key, value] = setting(rest);
      settings.set(key, value);
    }
  }
  return { path, settings };
}

/** `-race=true`, or with either side quoted as a Go string when it holds spaces or quotes (runtime/debug.BuildInfo.String). */
function setting(text: string): [string, string] {
  const equals = text.startsWith('"') ? text.indexOf('"=', 1) + 1 : text.indexOf('=');
  if (equals <= 0) return [text, ''];
  return [unquote(text.slice(0, equals)), unquote(text.slice(equals + 1))];
}

function unquote(text: string): string {
  if (text.startsWith('`') && text.endsWith('`') && text.length > 1) return text.slice(1, -1);
  if (!text.startsWith('"')) return text;
  try {
    return JSON.parse(text) as string;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return text;
  }
}
