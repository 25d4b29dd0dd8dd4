import { describe, expect, it } from 'vitest';
import type { Type } from '../../src/image/api.js';
import { evaluateLocation } from '../../src/image/dwarf/expression.js';
import { hasCommand, missing } from '../support/build.js';
import { compile, gdbPython, type Opened, open } from './open.js';

/** A type as gdb tells it; fields of named and anonymous structs and unions are `name, bit offset, bit size (0: no bit field), type`. */
interface Shown {
  readonly name: string;
  readonly size: number;
  readonly fields: readonly (readonly [string, number, number, Shown])[];
}

const SHOW = `
import gdb, json
def show(kind, depth):
    plain = kind.strip_typedefs()
    fields = []
    if plain.code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION) and depth < 3:
        fields = [[f.name or "", f.bitpos, f.bitsize, show(f.type, depth + 1)] for f in plain.fields() if hasattr(f, "bitpos")]
    return {"name": str(kind), "size": kind.sizeof, "fields": fields}
`;

const askGdb = (path: string, names: readonly string[]) =>
  gdbPython<Shown[]>(path, `${SHOW}\nprint("RESULT " + json.dumps([show(gdb.lookup_type(n), 0) for n in ${JSON.stringify(names)}]))\n`);

function plain(type: Type | undefined): Type | undefined {
  return type?.kind === 'named' ? plain(type.underlying) : type;
}

function show(type: Type, depth: number): Shown {
  const target = plain(type)!;
  const fields = 'fields' in target && depth < 3 ? target.fields : [];
  return {
    name: type.name,
    size: type.size,
    fields: fields.map(f => [f.name, f.offset * 8 + (f.bitOffset ?? 0), f.bitSize ?? 0, show(f.type, depth + 1)]),
  };
}

const why = (hasCommand('gdb') || process.env.CI === 'true' ? undefined : 'gdb is missing: apt-get install gdb') ?? missing('gcc');

describe.skipIf(why)(`types of C are what gdb shows${why ? ` (${why})` : ''}`, () => {
  const NAMES = ['struct point', 'point_t', 'union number', 'struct list', 'enum color', 'callback', 'long', 'unsigned char'];
  for (const flags of [
    ['-gdwarf-5'],
    ['-gdwarf-4'],
    ['-gdwarf-4', '-fdebug-types-section'],
    ['-gdwarf-3', '-gstrict-dwarf'],
    ['-gdwarf-5', '-gdwarf64'],
  ]) {
    it(`gcc ${flags.join(' ')}`, () => {
      const { path, dwarf, problems } = open(compile('shapes.c', ['-g', ...flags]));
      for (const [i, theirs] of askGdb(path, NAMES).entries()) {
        const mine = show(dwarf.typeNamed(NAMES[i]!)!, 0);
        // gdb keeps the spelling that it was asked with.
        expect({ ...mine, name: '' }).toEqual({ ...theirs, name: '' });
        if (theirs.fields.length > 0) expect(mine.name).toBe(theirs.name);
      }
      expect(problems).toEqual([]);
    });
  }

  const opened = (() => {
    let program: Opened | undefined;
    return () => (program ??= open(compile('shapes.c', ['-g', '-gdwarf-5'])));
  })();

  it('pointers and arrays of known types, as C writes them', () => {
    const { dwarf } = opened();
    const pointer = dwarf.typeNamed('struct list *');
    expect(pointer).toMatchObject({ kind: 'pointer', size: 8, name: 'struct list *' });
    expect(pointer?.kind === 'pointer' && pointer.elem).toBe(dwarf.typeNamed('struct list'));
    expect(dwarf.typeNamed('char **')).toMatchObject({ kind: 'pointer', elem: { kind: 'pointer', elem: { kind: 'char' } } });
    expect(dwarf.typeNamed('unsigned long [3]')).toMatchObject({ kind: 'array', length: 3, size: 24 });
    expect(dwarf.typeNamed('void *')).toMatchObject({ kind: 'pointer', elem: { kind: 'void' } });
    expect(dwarf.typeNamed('struct nowhere *')).toBeUndefined();
  });

  it('arrays of arrays, function pointers, enums, incomplete structs', () => {
    const list = opened().dwarf.typeNamed('struct list')!;
    const field = (name: string) => plain('fields' in list ? list.fields.find(f => f.name === name)?.type : undefined);
    expect(field('m')).toMatchObject({ kind: 'array', length: 3, elem: { kind: 'array', length: 4, size: 16, name: 'int [4]' } });
    const callback = field('f');
    const target = callback?.kind === 'pointer' ? callback.elem : undefined;
    expect(target?.kind === 'func' && [target.params.map(p => p.name), target.results.map(r => r.name)]).toEqual([
      ['int', 'const char *'],
      ['int'],
    ]);
    const color = field('c');
    expect(color?.kind === 'enum' && [...color.values]).toEqual([
      [0n, 'RED'],
      [5n, 'GREEN'],
      [6n, 'BLUE'],
      [-1n, 'DARK'],
    ]);
    expect(field('hidden')).toMatchObject({ kind: 'pointer', elem: { kind: 'struct', size: 0, fields: [] } });
  });

  it('globals, with where they are declared', () => {
    const { dwarf } = opened();
    const names = [...dwarf.globals()].map(v => `${v.name} ${v.type.name} ${v.declaredAt?.line}`);
    expect(names.sort()).toEqual(['counter int 41', 'head struct list 40', 'names const char * const [2] 43', 'per_thread int 42']);
    expect(dwarf.globalNamed('counter')?.location?.expression).toHaveLength(9);
  });
});

describe.skipIf(why)('thread-local variables', () => {
  for (const flags of [['-static'], ['-no-pie'], ['-pie']]) {
    it(`lie below FS base: gcc ${flags.join(' ')}`, () => {
      const { path, dwarf } = open(compile('shapes.c', ['-g', ...flags]));
      const { location } = dwarf.globalNamed('per_thread')!;
      const nowhere = { register: () => undefined, cfa: () => undefined, readMemory: () => undefined };
      const result = evaluateLocation(location!, { ...nowhere, threadPointer: () => 2n ** 32n });
      const [piece] = result.ok ? result.pieces : [];
      const distance = piece?.kind === 'memory' ? 2n ** 32n - piece.address : 0n;
      // gdb finds thread-local variables by a library that knows glibc's secrets, and not in static programs: it reads the value instead.
      const script = `
import gdb, json
gdb.execute("break main", to_string=True)
gdb.execute("run > /dev/null", to_string=True)
print("RESULT " + json.dumps(int(gdb.parse_and_eval("*(int *)($fs_base - ${distance})"))))
`;
      expect(distance).toBeGreaterThan(0n);
      expect(gdbPython<number>(path, script)).toBe(4);
      expect(evaluateLocation(location!, nowhere)).toMatchObject({ ok: false, error: expect.stringContaining('thread-local') });
    });
  }
});

describe.skipIf(why)('types of C++', () => {
  it('are what gdb shows', () => {
    const names = ['outer::inner::base', 'outer::derived', 'outer::box<long>'];
    const { path, dwarf, problems } = open(compile('shapes.cc', ['-g']));
    const canonical = (shown: Shown): string => JSON.stringify(shown).replaceAll('(...)', '()').replaceAll('(void)', '()');
    for (const [i, theirs] of askGdb(path, names).entries())
      expect(canonical(show(dwarf.typeNamed(names[i]!)!, 0))).toBe(canonical(theirs));
    expect(problems).toEqual([]);
  });

  it('and functions have their qualified names', () => {
    const { dwarf } = open(compile('shapes.cc', ['-g']));
    expect(dwarf.functionsNamed('outer::derived::add').map(f => f.linkName)).toEqual(['_ZN5outer7derived3addERKiOi']);
    expect(dwarf.functionsNamed('_ZNK5outer5inner4base5valueEv').map(f => f.name)).toEqual(['outer::inner::base::value']);
    expect(dwarf.globalNamed('outer::inner::shared')?.type.name).toBe('int');
    expect(dwarf.globalNamed('outer::derived::made')?.role).toBe('global');
  });
});
