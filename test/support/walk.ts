/** A lesson from its beginning to its end and back: at each step back all is as it was there before. */
import { expect } from 'vitest';
import type { LessonRun } from '../../src/debugger/lesson/run.js';
import { LessonWalk } from '../../src/debugger/lesson/walk.js';

export async function walkBothWays(run: LessonRun): Promise<void> {
  const walk = new LessonWalk(run);
  const place = () => {
    const { process } = run.session.target;
    return [
      run.position,
      process.t,
      run.session.exited,
      run.session.exited ? 0n : process.current.registers.rip,
      run.session.selection.frame,
    ].join(' ');
  };
  await walk.begin();
  const places = [place()];
  while (run.next !== undefined) {
    expect(await walk.step()).not.toContain('✗');
    places.push(place());
  }
  for (const before of places.reverse().slice(1)) {
    await walk.move({ kind: 'back' });
    expect(place()).toBe(before);
  }
}
