import { describe, expect, it } from 'vitest';
import type { Dwarf } from '../../src/image/dwarf/dwarf.js';
import { buildGo, hasCommand, MATRIX, missing } from '../support/build.js';
import { compile, gdbPython, hex, open, run } from './open.js';

const why = (hasCommand('gdb') || process.env.CI === 'true' ? undefined : 'gdb is missing: apt-get install gdb') ?? missing('gcc');

/** Where gdb puts a breakpoint on each location: address and line (0: it has none) of each place. */
function askGdb(path: string, locations: readonly string[]): [bigint, number][][] {
  const script = `
import gdb, json, re
out = []
for location in ${JSON.stringify(locations)}:
    point = gdb.Breakpoint(location)
    text = gdb.execute("info breakpoints %d" % point.number, to_string=True)
    out.append([list(place) for place in re.findall(r"(0x[0-9a-f]{16})(?:.*:(\\d+))?", text)])
    point.delete()
print("RESULT " + json.dumps(out))
`;
  return gdbPython<[string, string][][]>(path, script).map(places => places.map(([address, line]) => [BigInt(address), Number(line)]));
}

/** The DW_AT_entry_pc of all inlined copies, by the name of the function. */
function entriesByReadelf(path: string): Map<string, string[]> {
  const dies = run('readelf', ['--debug-dump=info', path]).split(/^(?= <[0-9a-f]+><[0-9a-f]+>)/m);
  const names = new Map<string, string>();
  for (const die of dies) {
    const name = /DW_AT_name\s*:.*?(\S+)$/m.exec(die);
    if (name) names.set(/<([0-9a-f]+)>:/.exec(die)![1]!, name[1]!);
  }
  const entries = new Map<string, string[]>();
  for (const die of dies.filter(each => each.includes('(DW_TAG_inlined_subroutine)'))) {
    const name = names.get(/DW_AT_abstract_origin: <0x([0-9a-f]+)>/.exec(die)![1]!)!;
    const entry = /DW_AT_entry_pc\s*: (0x[0-9a-f]+)/.exec(die);
    entries.set(name, [...(entries.get(name) ?? []), ...(entry ? [entry[1]!] : [])]);
  }
  return entries;
}

/** Inlined functions of which gdb has other places: those that only we have, and only gdb. There must be names and copies to compare. */
function inlinedUnlikeGdb(path: string, dwarf: Dwarf, names: readonly string[]): unknown[] {
  let copies = 0;
  const theirs = askGdb(path, names);
  const wrong = names.flatMap((name, i) => {
    const inlined = dwarf.inlinedCopies(name);
    copies += inlined.length;
    const bodies = dwarf.functionsNamed(name).map(f => dwarf.afterPrologue(f.entry)!);
    const mine = [...new Set([...bodies, ...inlined].map(hex))].sort();
    const places = [...new Set(theirs[i]!.map(([address]) => hex(address)))].sort();
    return JSON.stringify(mine) === JSON.stringify(places)
      ? []
      : [{ name, more: mine.filter(each => !places.includes(each)), fewer: places.filter(each => !mine.includes(each)) }];
  });
  expect(copies).toBeGreaterThan(0);
  return wrong;
}

describe.skipIf(why)(`breakpoints go where gdb puts them${why ? ` (${why})` : ''}`, () => {
  for (const flags of ['-O0', '-Og', '-O2', '-O0 -fcf-protection', '-O2 -fno-omit-frame-pointer', '-O0 -fstack-protector-all']) {
    it(`on functions and lines of C: gcc ${flags}`, () => {
      const { path, dwarf } = open(compile('shapes.c', ['-g', ...flags.split(' ')]));
      const functions = [...dwarf.functions()];
      for (const [i, places] of askGdb(
        path,
        functions.map(f => f.name),
      ).entries()) {
        const f = functions[i]!;
        const own = places.filter(([address]) => address >= f.entry && address < f.end).map(([address]) => hex(address));
        expect([f.name, own[0]]).toEqual([f.name, hex(dwarf.afterPrologue(f.entry)!)]);
      }
      // gdb moves a line without statements to the next that has some; we say that there is none.
      const lines = Array.from({ length: 90 }, (_, line) => line + 1).filter(line => dwarf.addressesOf('shapes.c', line).length > 0);
      expect(lines.length).toBeGreaterThan(20);
      for (const [i, places] of askGdb(
        path,
        lines.map(line => `shapes.c:${line}`),
      ).entries()) {
        const mine = dwarf.addressesOf('shapes.c', lines[i]!).map(hex);
        // gdb also keeps a later place of the same line in an inner block.
        const theirs = places.map(([address]) => hex(address));
        expect(mine.filter(address => !theirs.includes(address))).toEqual([]);
        expect(mine.length).toBeGreaterThan(0);
      }
    });
  }

  it.each(['-O1', '-O2', '-O3'])('on as many inlined copies of a C function, where they are entered: gcc %s', level => {
    const { path, dwarf } = open(compile('shapes.c', ['-g', level]));
    const names = [...dwarf.inlinedNames()];
    const entries = entriesByReadelf(path);
    expect(names.sort()).toEqual([...entries.keys()].sort());
    const theirs = askGdb(path, names);
    for (const [i, name] of names.entries()) {
      const copies = dwarf.inlinedCopies(name).map(hex);
      // gdb before 17 goes by the lowest address, which may be that of an instruction that was moved out of the body.
      expect([name, [...copies].sort()]).toEqual([name, entries.get(name)!.sort()]);
      const bodies = dwarf.functionsNamed(name).map(f => hex(dwarf.afterPrologue(f.entry)!));
      expect([name, new Set([...bodies, ...copies]).size]).toEqual([name, theirs[i]!.length]);
    }
  });

  it('and statements are the rows that start one', () => {
    const { dwarf } = open(compile('shapes.c', ['-g', '-O0']));
    const [f] = dwarf.functionsNamed('twice');
    const statements = [...dwarf.statementsIn(f!.entry, f!.end)];
    expect(statements.map(s => s.line)).toEqual([50, 51, 52, 53, 54]);
    expect(statements[0]!.pc).toBe(f!.entry);
    for (const { pc, line } of statements) expect(dwarf.lineAt(pc)?.line).toBe(line);
  });
});

for (const name of MATRIX) {
  const absent = missing(name);
  describe.skipIf(absent)(`breakpoints of ${name}${absent ? ` (${absent})` : ''}`, () => {
    it('a line in a function that was inlined twice has two addresses, in both callers', () => {
      const { dwarf } = open(buildGo('closures', { toolchain: name }));
      const inlined = [...dwarf.functions()].flatMap(f => {
        const [inner, outer] = dwarf.inlineFrames(f.entry + (f.end - f.entry) / 2n);
        return outer && inner?.line ? [inner] : [];
      });
      expect(inlined.length).toBeGreaterThan(50);
      let copies = 0;
      for (const { file, line, name: wanted } of inlined.slice(0, 60)) {
        const addresses = dwarf.addressesOf(file!, line!);
        copies += addresses.length;
        for (const pc of addresses) expect(dwarf.lineAt(pc)).toMatchObject({ line });
        expect(addresses.some(pc => dwarf.inlineFrames(pc)[0]?.name === wanted) || addresses.length === 0).toBe(true);
      }
      expect(copies).toBeGreaterThan(60);
    });

    it.skipIf(why)('functions of the program and of fmt have their inlined copies where gdb has them', () => {
      const { path, dwarf } = open(buildGo('closures', { toolchain: name }));
      const names = [...dwarf.inlinedNames()].filter(each => /^(?:main|fmt)\./.test(each));
      expect(names).toContain('fmt.Println');
      expect(inlinedUnlikeGdb(path, dwarf, names)).toEqual([]);
    });

    it('prologue ends lie behind the stack check, within the function', () => {
      const { dwarf } = open(buildGo('closures', { toolchain: name }));
      const [main] = dwarf.functionsNamed('main.main');
      const pc = dwarf.afterPrologue(main!.entry)!;
      expect(pc).toBeGreaterThan(main!.entry);
      expect(pc - main!.entry).toBeLessThan(64n);
      expect(dwarf.lineAt(pc)?.line).toBe(main!.line ?? dwarf.lineAt(main!.entry)?.line);
      expect(dwarf.addressesOf('closures/main.go', dwarf.lineAt(main!.entry)!.line)).toEqual([pc]);
    });
  });
}
