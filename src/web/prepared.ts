/**
 * The first lesson's screen before there is an engine: the build opens the lesson as a page's engine would, and the page draws what that had to draw
 * while the engine is fetched. It is the same state drawn by the same code: when the engine's own screen comes, nothing on it is another.
 */
import type { CourseLesson } from '../runtime/bundled/catalog.js';
import type { State } from '../tui/state.js';

export interface Prepared {
  readonly course: readonly CourseLesson[];
  readonly state: State;
}

/** Tags of what JSON has no word for. */
const TAGS = { bigint: '$bigint', set: '$set', map: '$map' } as const;

/** As text. Throws when there is something in it that is no plain data. */
export function packPrepared({ course, state }: Prepared): string {
  // The parts of a view are read when they are asked for.
  const view = Object.fromEntries(Object.getOwnPropertyNames(state.view).map(name => [name, state.view[name as keyof State['view']]]));
  return JSON.stringify({ course, state: { ...state, view } }, (name, value: unknown) => {
    if (typeof value === 'bigint') return { [TAGS.bigint]: String(value) };
    if (value instanceof Set) return { [TAGS.set]: [...value] };
    if (value instanceof Map) return { [TAGS.map]: [...value] };
    if (typeof value === 'function') throw new TypeError(`${name} is a function: a screen that is prepared is plain data`);
    return value;
  });
}

export function unpackPrepared(text: string): Prepared {
  return JSON.parse(text, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    const [name, inner] = Object.entries(value)[0] ?? [];
    switch (name) {
      case TAGS.bigint:
        return BigInt(inner);
      case TAGS.set:
        return new Set(inner);
      case TAGS.map:
        return new Map(inner);
      default:
        return value;
    }
  }) as Prepared;
}
