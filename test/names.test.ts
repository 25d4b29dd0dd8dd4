/** A word means one thing in all of src. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const src = join(import.meta.dirname, '../src');

/** Files whose exports are the same things as those of another, which one of the two gives. */
const SAME: readonly (readonly string[])[] = [['cpu/made/before.ts', 'cpu/made/now.ts']];

const EXPORT = /^export (?:abstract )?(?:async )?(?:const|let|function\*?|class|interface|type|enum) (\w+)/gm;

it('a name that is exported in src is exported once', () => {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(file => /(?<!\.test)\.tsx?$/.test(file));
  const places = new Map<string, Set<string>>();
  for (const file of files) {
    const meant = SAME.find(same => same.includes(file))?.[0] ?? file;
    for (const [, name] of readFileSync(join(src, file), 'utf8').matchAll(EXPORT)) {
      if (!places.has(name!)) places.set(name!, new Set());
      places.get(name!)!.add(meant);
    }
  }
  expect(places.size).toBeGreaterThan(1000);
  expect([...places].filter(([, where]) => where.size > 1).map(([name, where]) => `${name}: ${[...where].join(', ')}`)).toEqual([]);
});
