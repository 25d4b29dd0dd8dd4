/** Tells what happens in a program that is of its course: system calls, and where Go's runtime goes on with another goroutine or on another stack. */
import type { Images } from '../../image/images.js';
import type { ProcessObserver } from '../../linux/api.js';
import { RUNTIME_EVENTS } from '../../runtime/events.js';
import { FIRST_RACE_CALL } from '../../runtime/race/calls.js';
import type { CourseKind } from '../timeline/course.js';

const OF_RUNTIME = { goroutine: 'g-switch', stack: 'stack-switch' } as const satisfies { readonly [Kind in CourseKind]?: string };

/** Where an event of Go's runtime happens in a program: entries of its functions. */
export function runtimeEventAddresses(images: Images, event: string): readonly bigint[] {
  const own = (name: string) => images.functionsNamed(name).filter(({ wrapper }) => !wrapper);
  return RUNTIME_EVENTS[event]!.flatMap(names => (names.map(own).find(found => found.length > 0) ?? []).map(({ entry }) => entry));
}

/** Sees all but the output, which is told of anyway. */
export function courseObserver(images: Images, note: (kind: CourseKind) => void): ProcessObserver {
  const kinds = Object.keys(OF_RUNTIME) as (keyof typeof OF_RUNTIME)[];
  const sites = new Map(kinds.flatMap((kind, index) => runtimeEventAddresses(images, OF_RUNTIME[kind]).map(each => [each, index + 1])));
  const syscall: ProcessObserver['syscall'] = ({ phase, number }) => {
    // How bundled programs call the race detector is none of Linux.
    if (phase === 'entry' && number < FIRST_RACE_CALL) note('syscall');
  };
  if (sites.size === 0) return { syscall };
  return {
    syscall,
    edges: {
      site: (pc, kind) => (kind === 'entry' ? (sites.get(pc) ?? 0) : 0),
      reached: site => {
        note(kinds[site - 1]!);
        return true;
      },
    },
  };
}
