import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COURSE_KINDS, Course, type CourseKind } from './course.js';

const events = fc.array(fc.tuple(fc.constantFrom(...COURSE_KINDS), fc.integer({ min: 0, max: 200_000_000 })), { maxLength: 200 });

/** What a course of these must keep of a kind: nothing but moments of it, the first and the last among them. */
function check(course: Course, kind: CourseKind, start: number, moments: readonly number[]): void {
  const sorted = [...new Set(moments)].sort((one, other) => one - other);
  const kept = course.moments(kind);
  expect([...kept].sort((one, other) => one - other)).toEqual(kept);
  expect(kept.filter(t => !sorted.includes(t))).toEqual([]);
  expect(kept[0]).toBe(sorted[0]);
  expect(kept.at(-1)).toBe(sorted.at(-1));
  // What is left out lies in a piece of which something is kept: pieces are at most a 256th of the whole.
  const whole = Math.max(512, (sorted.at(-1) ?? start) - start);
  for (const t of sorted) expect(kept.some(each => Math.abs(each - t) <= Math.max(whole, 200_000_000) / 256)).toBe(true);
}

describe('the course of a run', () => {
  it('keeps of each kind when it came, however long the run and whatever the order', () => {
    fc.assert(
      fc.property(events, fc.nat(1_000_000), (all, start) => {
        const course = new Course(start);
        for (const [kind, t] of all) course.note(kind, start + t);
        for (const kind of COURSE_KINDS) {
          const own = all.filter(each => each[0] === kind).map(([, t]) => start + t);
          if (own.length > 0) check(course, kind, start, own);
          else expect(course.moments(kind)).toEqual([]);
        }
      }),
    );
  });

  it('is the same when a run comes by once more', () => {
    fc.assert(
      fc.property(events, all => {
        const [once, twice] = [new Course(0), new Course(0)];
        for (const [kind, t] of all) once.note(kind, t);
        for (const [kind, t] of [...all, ...all]) twice.note(kind, t);
        for (const kind of COURSE_KINDS) expect(twice.moments(kind)).toEqual(once.moments(kind));
      }),
    );
  });

  it('begins another way with what had happened up to there', () => {
    const course = new Course(10);
    for (let t = 10; t < 300; t += 7) course.note('syscall', t);
    expect(course.upTo(150).moments('syscall')).toEqual(course.moments('syscall').filter(t => t <= 150));
    expect(course.upTo(9).moments('syscall')).toEqual([]);
  });
});
