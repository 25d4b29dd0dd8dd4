/** What Go's own assembler makes of a source: `go tool asm`, and the object's bytes by `go tool objdump`. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GoToolchain } from '../support/build.js';

export interface GoCode {
  readonly bytes: Uint8Array;
  /** Bytes that the linker fills in, and with what: `runtime.cell+8`; g's offset if nothing is said. */
  readonly relocations: readonly { readonly from: number; readonly to: number; readonly symbol: string }[];
}

export interface GoFunction extends GoCode {
  readonly name: string;
  /** Of its first instruction: TEXT's own if there is a prologue. */
  readonly line: number;
}

export interface GoObject {
  /** Line -> why Go refuses it. Then there is no code. */
  readonly errors: ReadonlyMap<number, string>;
  /** Function and line (`runtime.f:12`) -> code. */
  readonly lines: ReadonlyMap<string, GoCode>;
  readonly functions: readonly GoFunction[];
}

export interface GoOptions {
  /** Names to be defined. */
  readonly defines?: readonly string[];
  /** Files to be included: name -> text. */
  readonly include?: Readonly<Record<string, string>>;
  /** Lines from the assembler's own listing: objdump knows no VEX, and loses where such an instruction ends. */
  readonly listed?: boolean;
}

export function goAssemble(go: GoToolchain, text: string, options: GoOptions = {}): GoObject {
  const plain = { ...options, listed: false };
  const object = assembled(go, text, plain, ({ failed, output, dump }): GoObject => {
    if (failed) return { errors: readErrors(output), lines: new Map(), functions: [] };
    return options.listed ? { errors: new Map(), lines: new Map(), functions: [] } : readDump(dump());
  });
  if (!options.listed || object.errors.size > 0) return object;
  return { ...object, lines: assembled(go, text, options, ({ output }) => readListing(output)) };
}

/** Whether Go's assembler takes no such source, for a reason in a line or in a function. */
export const goRefuses = (go: GoToolchain, text: string): boolean => assembled(go, text, {}, ({ failed }) => failed);

function assembled<T>(
  go: GoToolchain,
  text: string,
  { defines = [], include = {}, listed = false }: GoOptions,
  then: (run: { readonly failed: boolean; readonly output: string; readonly dump: () => string }) => T,
): T {
  const folder = mkdtempSync(join(tmpdir(), 'r14-asm-'));
  try {
    const source = join(folder, 'x.s');
    const object = join(folder, 'x.o');
    writeFileSync(source, text);
    for (const [name, contents] of Object.entries(include)) writeFileSync(join(folder, name), contents);
    const env = { ...process.env, ...go.env, GOOS: 'linux', GOARCH: 'amd64' };
    // Only in package runtime may a symbol name its convention.
    const names = defines.flatMap(name => ['-D', `${name}=1`]);
    const where = ['-I', folder, '-I', join(go.goroot, 'pkg/include'), ...names, '-o', object, source];
    const run = spawnSync(go.go, ['tool', 'asm', ...(listed ? ['-S'] : []), '-e', '-p', 'runtime', ...where], {
      encoding: 'utf8',
      env,
      maxBuffer: 2 ** 28,
    });
    const dump = (): string => execFileSync(go.go, ['tool', 'objdump', object], { encoding: 'utf8', env, maxBuffer: 2 ** 28 });
    return then({ failed: run.status !== 0, output: `${run.stdout}${run.stderr}`, dump });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface GoData {
  readonly bytes: Uint8Array;
  /** Words that hold a symbol's address plus an offset; zeros in `bytes`. */
  readonly addresses: readonly { readonly at: number; readonly symbol: string; readonly offset: number }[];
}

/** Data symbols with contents, by name, of `go tool asm -S`. */
export function goData(go: GoToolchain, text: string): Map<string, GoData> {
  const folder = mkdtempSync(join(tmpdir(), 'r14-asm-'));
  try {
    writeFileSync(join(folder, 'x.s'), text);
    const env = { ...process.env, ...go.env, GOOS: 'linux', GOARCH: 'amd64' };
    const include = join(go.goroot, 'pkg/include');
    const listing = execFileSync(
      go.go,
      ['tool', 'asm', '-S', '-p', 'runtime', '-I', include, '-o', join(folder, 'x.o'), join(folder, 'x.s')],
      {
        encoding: 'utf8',
        env,
      },
    );
    const found = new Map<string, { bytes: Uint8Array; addresses: { at: number; symbol: string; offset: number }[] }>();
    let open: { bytes: Uint8Array; addresses: { at: number; symbol: string; offset: number }[] } | undefined;
    for (const line of listing.split('\n')) {
      const head = /^(\S+) \S+ size=(\d+)/.exec(line);
      if (head !== null) open = { bytes: new Uint8Array(Number(head[2])), addresses: [] };
      const bytes = /^\t0x([0-9a-f]+) ((?:[0-9a-f]{2} )+)/.exec(line);
      if (head !== null && open !== undefined && !head[0].includes('BSS')) found.set(head[1], open);
      if (bytes !== null) open?.bytes.set(Buffer.from(bytes[2].replaceAll(' ', ''), 'hex'), Number.parseInt(bytes[1], 16));
      const address = /^\trel (\d+)\+8 t=R_ADDR (\S+?)\+(-?\d+)$/.exec(line);
      if (address !== null) open?.addresses.push({ at: Number(address[1]), symbol: address[2], offset: Number(address[3]) });
    }
    return found;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readErrors(output: string): Map<number, string> {
  const errors = new Map<number, string>();
  for (const line of output.split('\n')) {
    const found = /x\.s:(\d+)(?::\d+)?\)?:?\s+(.*)$/.exec(line);
    if (found !== null && !errors.has(Number(found[1]))) errors.set(Number(found[1]), found[2]);
  }
  if (errors.size === 0) throw new Error(`go tool asm: ${output}`);
  return errors;
}

interface Growing {
  readonly bytes: number[];
  readonly relocations: GoCode['relocations'][number][];
}

function readDump(dump: string): GoObject {
  const lines = new Map<string, Growing>();
  const functions: (Growing & { name: string; line: number })[] = [];
  for (const row of dump.split('\n')) {
    const head = /^TEXT (\S+?)\(SB\)/.exec(row);
    if (head !== null) functions.push({ name: head[1], line: 0, bytes: [], relocations: [] });
    const code = /^ {2}\S+:(\d+)\t+0x[0-9a-f]+\t+([0-9a-f]+)\t/.exec(row);
    const fn = functions[functions.length - 1];
    if (code === null || fn === undefined) continue;
    if (fn.bytes.length === 0) fn.line = Number(code[1]);
    const key = `${fn.name}:${code[1]}`;
    const line = lines.get(key) ?? { bytes: [], relocations: [] };
    lines.set(key, line);
    const bytes = Buffer.from(code[2], 'hex');
    for (const to of [line, fn]) {
      const start = to.bytes.length;
      to.bytes.push(...bytes);
      for (const [, from, until, symbol = ''] of row.matchAll(/\[(\d+):(\d+)\]R_\w+(?::(\S+))?/g)) {
        to.relocations.push({ from: start + Number(from), to: start + Number(until), symbol });
      }
    }
  }
  return { errors: new Map(), lines: new Map([...lines].map(([key, line]) => [key, finished(line)])), functions: functions.map(finished) };
}

/** Code by line of the one function that `go tool asm -S` lists. */
function readListing(listing: string): Map<string, GoCode> {
  const starts: { readonly pc: number; readonly line: number }[] = [];
  const bytes: number[] = [];
  const relocations: GoCode['relocations'][number][] = [];
  let own = false;
  for (const row of listing.split('\n')) {
    const head = /^(\S+) S(\w+)/.exec(row);
    if (head !== null) own = head[2] === 'TEXT';
    if (!own) continue;
    const instruction = /^\t0x([0-9a-f]+) \d+ \([^)]*x\.s:(\d+)\)\t(\w+)/.exec(row);
    if (instruction !== null && !/^(?:TEXT|FUNCDATA|PCDATA)$/.test(instruction[3]!))
      starts.push({ pc: Number.parseInt(instruction[1]!, 16), line: Number(instruction[2]) });
    const dump = /^\t0x[0-9a-f]+ ((?:[0-9a-f]{2} )+)/.exec(row);
    if (dump !== null) bytes.push(...Buffer.from(dump[1]!.replaceAll(' ', ''), 'hex'));
    const found = /^\trel (\d+)\+(\d+) t=\w+ ?(\S*)/.exec(row);
    if (found !== null) {
      const from = Number(found[1]);
      relocations.push({ from, to: from + Number(found[2]), symbol: found[3]!.replace(/\+0$/, '') });
    }
  }
  const lines = new Map<string, GoCode>();
  starts.forEach(({ pc, line }, index) => {
    const end = starts[index + 1]?.pc ?? bytes.length;
    const inside = relocations.filter(({ from }) => from >= pc && from < end);
    const before = lines.get(`runtime.f:${line}`);
    const shift = (before?.bytes.length ?? 0) - pc;
    lines.set(`runtime.f:${line}`, {
      bytes: Uint8Array.of(...(before?.bytes ?? []), ...bytes.slice(pc, end)),
      relocations: [...(before?.relocations ?? []), ...inside.map(each => ({ ...each, from: each.from + shift, to: each.to + shift }))],
    });
  });
  return lines;
}

const finished = <T extends Growing>(code: T): Omit<T, 'bytes'> & { bytes: Uint8Array } => ({
  ...code,
  bytes: Uint8Array.from(code.bytes),
});

/** As `goAssemble`, of the lines that Go takes: the rest are named with Go's reason, by their number. */
export function goAssembleLines(
  go: GoToolchain,
  texts: readonly string[],
  wrap: (lines: readonly string[]) => string,
  options: GoOptions = {},
) {
  const refused = new Map<number, string>();
  for (;;) {
    // A refused line stays empty, so that numbers hold.
    const { errors, lines } = goAssemble(go, wrap(texts.map((text, index) => (refused.has(index + 1) ? '' : text))), options);
    if (errors.size === 0) return { refused, lines };
    for (const [number, reason] of errors) {
      if (refused.has(number)) throw new Error(`go tool asm refuses an empty line: ${reason}`);
      refused.set(number, reason);
    }
  }
}
