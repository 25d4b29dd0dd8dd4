/** Binds the steering to a process: who stands at a point. */
import type { Image } from '../image/api.js';
import type { Process } from '../linux/api.js';
import { goRuntime } from '../runtime/open.js';
import { type Points, pointsOf } from './points.js';
import { runQueues } from './run-queues.js';
import { type Steered, Steering } from './steering.js';
import { stirring } from './stir.js';

const NOWHERE: Points = { points: new Set(), accesses: new Set(), chance: new Set(), ends: new Set() };

/** Steers the process from now on, or from when it comes to a `t` on. */
export function steer(process: Process, image: Image | undefined, begins = 0): Steering {
  const { memory } = process;
  const found = image === undefined ? NOWHERE : pointsOf(image, memory);
  const go = goRuntime(image, memory);
  const stir = stirring(image, memory);
  const queues = runQueues(image, memory, go);
  const steered: Steered = {
    ...found,
    stir: seed => stir?.(seed),
    whose: tid => {
      const { registers } = process.current;
      const g = go?.currentG(registers.fsBase) ?? 0n;
      return { who: g === 0n || go === undefined ? tid : Number(go.goroutine(g).id), g, pc: registers.rip, address: registers.get('rax') };
    },
    queues,
  };
  const steering = new Steering(steered, begins);
  process.control = steering;
  return steering;
}
