import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PAGE_SIZE } from '../api.js';
import { FRAMES_BASE } from '../layout.js';
import { FramePlaces } from './frame-places.js';

const PAGES = 400;
const bytes = new Uint8Array(FRAMES_BASE + (PAGES + 1) * PAGE_SIZE);

it('gives each page a frame of zeros of its own, as long as there is one', () => {
  const step = fc.record({ page: fc.nat(2000).map(number => number * 37), free: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 1500 }), steps => {
      bytes.fill(0, FRAMES_BASE);
      const places = new FramePlaces(bytes);
      const frames = new Map<number, number>();
      for (const { page, free } of steps) {
        const known = frames.get(page);
        if (known !== undefined && free) {
          places.free(known);
          frames.delete(page);
        } else if (known === undefined && frames.size < places.count) {
          const frame = places.take(page);
          expect([...frames.values()]).not.toContain(frame);
          expect([frame % PAGE_SIZE, bytes[frame], bytes[frame + PAGE_SIZE - 1]]).toEqual([0, 0, 0]);
          bytes.fill(0xaa, frame, frame + PAGE_SIZE);
          frames.set(page, frame);
        }
      }
    }),
    { numRuns: 30 },
  );
});

it('puts pages beside each other that are so in the guest, in whatever order they come', () => {
  const places = new FramePlaces(bytes);
  const [third, first, second] = [66, 64, 65].map(page => places.take(page));
  expect([second! - first!, third! - second!]).toEqual([PAGE_SIZE, PAGE_SIZE]);
});
