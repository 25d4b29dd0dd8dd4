import { describe, expect, it } from 'vitest';
import type { Type } from '../api.js';
import { parseTypeName, shortIntegers, splitFunc } from './type-names.js';

const known = new Map<string, Type>();
for (const name of ['runtime.g', 'main.T', 'main.Pair[int,string]']) known.set(name, { kind: 'struct', name, size: 16, fields: [] });
const map: Type = {
  kind: 'map',
  name: 'map[string][]main.T',
  size: 8,
  key: known.get('main.T')!,
  elem: known.get('main.T')!,
  hash: known.get('main.T')!,
};
known.set(map.name, map);
known.set('chan int', { kind: 'chan', name: 'chan int', size: 8, elem: known.get('main.T')!, hchan: known.get('main.T')! });
known.set('struct point', { kind: 'struct', name: 'struct point', size: 8, fields: [] });
known.set('unsigned long', { kind: 'uint', name: 'unsigned long', size: 8 });

const parse = (text: string) => parseTypeName(text, name => known.get(name));

describe('type expressions', () => {
  it('make pointers, slices and arrays of what is known', () => {
    expect(parse('*runtime.g')).toMatchObject({ kind: 'pointer', name: '*runtime.g', size: 8, elem: known.get('runtime.g') });
    expect(parse(' * runtime.g')).toMatchObject({ name: '*runtime.g' });
    expect(parse('**runtime.g')).toMatchObject({ name: '**runtime.g', elem: { name: '*runtime.g' } });
    expect(parse('[]*main.T')).toMatchObject({ kind: 'slice', name: '[]*main.T', size: 24, elem: { kind: 'pointer' } });
    expect(parse('[4]main.T')).toMatchObject({ kind: 'array', name: '[4]main.T', size: 64, length: 4 });
    expect(parse('(*main.T)')).toMatchObject({ name: '*main.T' });
  });

  it('find maps and channels that the image has, however they are written', () => {
    expect(parse('map[string][]main.T')).toBe(map);
    expect(parse('map[ string ][]main.T')).toBe(map);
    expect(parse('map[int]main.T')).toBeUndefined();
    expect(parse('chan int')).toMatchObject({ kind: 'chan' });
    expect(parse('main.Pair[int, string]')).toBe(known.get('main.Pair[int,string]'));
  });

  it("know Go's predeclared types and their other names", () => {
    expect(parse('byte')).toMatchObject({ kind: 'uint', name: 'uint8', size: 1 });
    expect(parse('rune')).toMatchObject({ kind: 'int', size: 4 });
    expect(parse('any')).toMatchObject({ kind: 'interface', empty: true });
    expect(parse('[]byte')).toMatchObject({ kind: 'slice', name: '[]uint8' });
    expect(parse('unsafe.Pointer')).toMatchObject({ kind: 'unsafe-pointer' });
  });

  it('take C too', () => {
    expect(parse('struct point*')).toMatchObject({ kind: 'pointer', name: 'struct point *' });
    expect(parse('const struct point **')).toMatchObject({ name: 'struct point **' });
    expect(parse('unsigned long int')).toBe(known.get('unsigned long'));
    expect(parse('struct point [3]')).toMatchObject({ kind: 'array', size: 24 });
  });

  it('come to nothing when they mean nothing', () => {
    for (const text of ['', '*', '[]', '[4]', 'map[', 'nothing', '*nothing', '[x]int', ')(', '*'.repeat(1000)])
      expect(parse(text)).toBeUndefined();
  });
});

describe('spelling', () => {
  it('of func types splits into parameters and results', () => {
    expect(splitFunc('func(int, ...string) (bool, error)')).toEqual({ params: ['int', '...string'], results: ['bool', 'error'] });
    expect(splitFunc('func(func(int) string, map[string]int) chan int')).toEqual({
      params: ['func(int) string', 'map[string]int'],
      results: ['chan int'],
    });
    expect(splitFunc('func()')).toEqual({ params: [], results: [] });
    expect(splitFunc('func() (func() int)')).toEqual({ params: [], results: ['func() int'] });
    expect(splitFunc('int')).toBeUndefined();
  });

  it('of C integers is short', () => {
    expect(shortIntegers('box<long unsigned int>')).toBe('box<unsigned long>');
    expect(shortIntegers('long long int')).toBe('long long');
    expect(shortIntegers('short unsigned int')).toBe('unsigned short');
    expect(shortIntegers('unsigned int')).toBe('unsigned int');
  });
});
