import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/** A folder imports from itself and from those above it in this list. Of `host` there are two: what the core wants, and Node's answer to it. */
const ORDER = ['host', 'cpu', 'abi', 'asm', 'image', 'linux', 'runtime', 'debugger', 'tui', 'host/node', 'cli'];

const folderOf = (file: string): string => (file.startsWith('host/node/') ? 'host/node' : file.split('/')[0]!);

const src = join(import.meta.dirname, '../src');

const sources = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(file => /\.tsx?$/.test(file));

function importsOf(file: string): string[] {
  const text = readFileSync(join(src, file), 'utf8');
  const specifiers = [
    ...text.matchAll(/^(?:import|export)\b[^'"]*?from\s*['"]([^'"]+)['"]/gms),
    ...text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g),
  ];
  return specifiers.map(match => match[1]!).filter(specifier => specifier.startsWith('.'));
}

describe('the folders of src', () => {
  it('are those that the list names', () => {
    const folders = readdirSync(src, { withFileTypes: true }).filter(entry => entry.isDirectory());
    expect(folders.map(entry => entry.name).filter(name => !ORDER.includes(name))).toEqual([]);
  });

  it('import only from the folders above them', () => {
    const wrong: string[] = [];
    for (const file of sources) {
      const from = folderOf(file);
      for (const specifier of importsOf(file)) {
        const target = relative(src, join(src, dirname(file), specifier));
        const to = folderOf(target);
        const test = /\.test\.tsx?$/.test(file);
        // Tests run on Node.
        if (test && (to === '..' || to === 'host/node')) continue;
        if (ORDER.indexOf(to) > ORDER.indexOf(from) || to === '..') wrong.push(`${file} imports ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('import with the .js suffix that Node needs', () => {
    const wrong = sources.flatMap(file =>
      importsOf(file)
        .filter(s => !/\.(js|json)$/.test(s))
        .map(s => `${file}: ${s}`),
    );
    expect(wrong).toEqual([]);
  });
});
