import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Func, Image } from '../../src/image/api.js';
import { buildGo, type GoOptions, MATRIX, missing, type Toolchain, toolchains } from '../support/build.js';
import { goAddr2line, goNm, goObjdump, open, readelfLoads } from './support.js';

const PROGRAM = 'generics';
const PIE_BIAS = 0x5555_5000_0000n;
const skipped = (go: Toolchain) => {
  const why = missing(go);
  return why ? ` (skipped: ${why})` : '';
};

/** The functions by entry: of aliases, the one that the table has. */
const byEntry = (image: Image) => new Map<bigint, Func>([...image.functions()].map(func => [func.entry, func]));

/** Linker marks that name places, not functions. */
const isMark = (name: string) => name === 'runtime.text' || name === 'runtime.etext' || name.startsWith('go:') || name.startsWith('go.');

/** gopclntab leaves out type arguments, and has Go's middle dots. */
const plain = (name: string | undefined) => name?.replace(/\[.*\]/, '[...]').replaceAll('·', '.');

const position = (line: { file: string; line: number } | undefined) => (line ? `${line.file}:${line.line}` : '?:0');

function* sample(functions: Iterable<Func>): Iterable<bigint> {
  for (const func of functions) {
    if (func.language === 'c') continue;
    const size = func.end - func.entry;
    yield func.entry;
    yield func.entry + size / 3n;
    yield func.entry + (size * 2n) / 3n;
    yield func.end - 1n;
  }
}

for (const go of MATRIX) {
  const here = toolchains().includes(go) || process.env.CI === 'true';
  const kinds: [string, GoOptions][] = [
    ['plain', {}],
    ['-race', { race: true }],
    ['PIE', { buildmode: 'pie' }],
  ];
  describe.skipIf(!here).each(kinds)(`a ${go} program, %s${skipped(go)}`, (_, options) => {
    const path = () => buildGo(PROGRAM, { toolchain: go, ...options });
    const bias = options.buildmode === 'pie' ? PIE_BIAS : 0n;

    it('has the segments that readelf lists', () => {
      const image = open(path(), bias);
      const loads = image.segments.map(s => [
        s.fileOffset,
        s.start - bias,
        s.fileSize,
        s.memorySize,
        `${s.prot & 1 ? 'R' : ''}${s.prot & 2 ? 'W' : ''}${s.prot & 4 ? 'E' : ''}`,
      ]);
      expect(loads).toEqual(readelfLoads(path()));
      expect(image.problems).toEqual([]);
    });

    it('knows the version and the settings of its build', () => {
      const { go: build } = open(path(), bias);
      expect(`${build?.version}.`.startsWith(`${go}.`)).toBe(true);
      expect(build?.path).toMatch(/generics$/);
      expect(build?.settings.get('-race')).toBe(options.race ? 'true' : undefined);
      expect(build?.settings.get('GOARCH')).toBe('amd64');
    });

    it('has the functions that go tool nm lists, with their sizes', () => {
      const image = open(path(), bias);
      const functions = byEntry(image);
      const listed = goNm(go, path()).filter(symbol => /^[Tt]$/.test(symbol.kind) && !isMark(symbol.name));
      expect(listed.length).toBeGreaterThan(1000);
      const wrong: string[] = [];
      for (const symbol of listed) {
        const func = functions.get(symbol.address + bias);
        const named = image.symbolsNamed(symbol.name).some(other => other.address === symbol.address + bias);
        if (!func || !named) wrong.push(`${symbol.name}: ${func?.linkName}`);
        else if (symbol.size > 0 && func.linkName === symbol.name && func.end - func.entry !== BigInt(symbol.size))
          wrong.push(`${symbol.name}: ${func.end - func.entry} bytes`);
      }
      expect(wrong).toEqual([]);
      const addresses = new Set(goNm(go, path()).map(symbol => symbol.address + bias));
      expect([...functions.values()].filter(func => !addresses.has(func.entry) && !func.name.endsWith('@plt'))).toEqual([]);
    });

    it('has the lines and functions that go tool addr2line gives', () => {
      const image = open(path(), bias);
      const addresses = [...sample(image.functions())];
      const answers = goAddr2line(
        go,
        path(),
        addresses.map(address => address - bias),
      );
      const wrong = addresses.flatMap((address, i) => {
        const func = image.functionAt(address);
        const want = answers[i]!;
        const same =
          (plain(want.function) === plain(func?.linkName) || plain(want.function) === plain(func?.name)) &&
          want.position === position(image.lineAt(address));
        return same
          ? []
          : [`0x${address.toString(16)} ${func?.linkName} ${position(image.lineAt(address))} != ${want.function} ${want.position}`];
      });
      expect(wrong).toEqual([]);
    });

    it('has the lines of every instruction that go tool objdump shows', () => {
      const image = open(path(), bias);
      const listed = goObjdump(go, path(), '^(main\\.|runtime\\.newproc)');
      expect(listed.length).toBeGreaterThan(500);
      const wrong = listed.filter(({ address, position: want }) => {
        const line = image.lineAt(address + bias);
        return want !== `${basename(line?.file ?? '?')}:${line?.line ?? 0}`;
      });
      expect(wrong).toEqual([]);
    });

    it('answers the same from gopclntab alone as from DWARF', () => {
      const full = open(path(), bias);
      const stripped = open(buildGo(PROGRAM, { toolchain: go, ...options, ldflags: '-s -w' }), bias);
      const wrong: string[] = [];
      let checked = 0;
      for (const func of full.functions()) {
        if (func.language === 'c') continue;
        const other = stripped.functionAt(func.entry);
        if (plain(other?.name) !== plain(func.name)) wrong.push(`${func.name} is ${other?.name}`);
        if (other?.abi !== func.abi || other?.funcID !== func.funcID || other?.end !== func.end)
          wrong.push(`${func.name}: ${other?.abi} ${other?.end}`);
        for (const pc of sample([func])) {
          checked++;
          const frames = (image: Image) => image.inlineFrames(pc).map(frame => `${plain(frame.name)}:${frame.line}`);
          if (frames(stripped).join() !== frames(full).join()) wrong.push(`0x${pc.toString(16)}: ${frames(stripped)} is ${frames(full)}`);
          const [mine, cfi] = [stripped.unwindAt(pc), full.unwindAt(pc)];
          if (JSON.stringify(mine?.cfa) !== JSON.stringify(cfi?.cfa))
            wrong.push(`0x${pc.toString(16)}: ${JSON.stringify([mine?.cfa, cfi?.cfa])}`);
        }
        if (func.language === 'go' && !func.wrapper && stripped.afterPrologue(func) !== full.afterPrologue(func))
          wrong.push(`prologue of ${func.name}: ${stripped.afterPrologue(func) - func.entry} is ${full.afterPrologue(func) - func.entry}`);
      }
      expect(checked).toBeGreaterThan(5000);
      expect(wrong).toEqual([]);
    });

    it('reads the same types from descriptors as from DWARF', () => {
      const full = open(path(), bias);
      const stripped = open(buildGo(PROGRAM, { toolchain: go, ...options, ldflags: '-s -w' }), bias);
      let compared = 0;
      const wrong: string[] = [];
      for (const name of stripped.typeNames()) {
        const described = full.typeNamed(name);
        const read = stripped.typeNamed(name)!;
        if (!described) continue;
        compared++;
        const shape = (type: typeof read): string =>
          type.kind === 'struct'
            ? type.fields.map(field => `${field.name}@${field.offset}:${field.type.kind}${field.embedded ? '!' : ''}`).join()
            : type.kind === 'func'
              ? `${type.params.map(param => param.name)}->${type.results.map(result => result.name)}`
              : type.kind;
        if (read.size !== described.size || shape(read) !== shape(described)) wrong.push(`${name}: ${shape(read)} is ${shape(described)}`);
      }
      expect(compared).toBeGreaterThan(300);
      expect(wrong).toEqual([]);
    });
  });
}

describe.each(['go1.22.12', 'go1.24.0'] as const)('a %s program', go => {
  it.skipIf(missing(go))(`is read, stripped${skipped(go)}`, () => {
    const image = open(buildGo(PROGRAM, { toolchain: go, ldflags: '-s -w' }));
    expect(image.go?.version).toBe(go);
    const main = image.functionsNamed('main.main')[0]!;
    expect(main.source).toBe('pclntab');
    expect(image.lineAt(main.entry)?.file).toMatch(/generics\/main\.go$/);
    const wrapper = image.functionsNamed('runtime.newproc').map(func => [func.abi, func.funcID]);
    expect(wrapper).toEqual([
      ['ABIInternal', ''],
      ['ABI0', 'wrapper'],
    ]);
    expect(image.functionsNamed('runtime.systemstack').map(func => [func.abi, func.funcID, func.spWrite])).toContainEqual([
      'ABI0',
      'systemstack',
      true,
    ]);
    expect([...image.typeNames()].length).toBeGreaterThan(300);
    expect(image.problems).toEqual([]);
  });
});
