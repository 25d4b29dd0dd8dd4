/** Every bundled lesson forwards and backwards, and its exercises: how they are judged is what `--check` does. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseLesson } from '../../src/debugger/lesson/lesson.js';
import { LessonRun } from '../../src/debugger/lesson/run.js';
import { nodeAssets } from '../../src/host/node/assets.js';
import { Catalog } from '../../src/runtime/bundled/catalog.js';
import { debugBundled } from '../support/debug.js';
import { walkBothWays } from '../support/walk.js';

const catalog = new Catalog(nodeAssets);
const names = catalog.list().map(({ name }) => name);
const lessonOf = (name: string) => {
  const { file, text } = catalog.lesson(name);
  return parseLesson(file, text);
};

it('the course has each lesson once, in an order', () => {
  expect(
    catalog
      .course()
      .map(({ name }) => name)
      .sort(),
  ).toEqual([...names].sort());
  const places = names.map(name => JSON.parse(readFileSync(`programs/${name}/program.json`, 'utf8')).course.place);
  expect(new Set(places).size).toBe(names.length);
  expect(readdirSync('programs')).toEqual(expect.arrayContaining(names));
});

it.each(names)('%s has at least three exercises', name => {
  expect(lessonOf(name).parts.filter(({ kind }) => kind === 'exercise').length).toBeGreaterThanOrEqual(3);
});

it.each(names)('%s is walked to its end, and back to its beginning through the same moments', async name => {
  let written = '';
  const run = new LessonRun(lessonOf(name), {
    open: (variant, race) => {
      written = '';
      const { session } = debugBundled(name, variant, race);
      const decoder = new TextDecoder();
      session.events.on('output', ({ bytes }) => (written += decoder.decode(bytes, { stream: true })));
      return session;
    },
    printed: () => written,
  });
  await walkBothWays(run);
});
