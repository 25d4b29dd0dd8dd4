/** A bundled program's -race build with what its machine must have: the race detector that its runtime calls. */
import type { Assembled } from '../../asm/program.js';
import { assembledImage } from '../../image/assembled.js';
import type { KernelExtension } from '../../linux/api.js';
import type { Instrumented } from '../instrument/pass.js';
import type { RaceTap } from '../race/comparison.js';
import { raceExtension } from '../race/extension.js';

/** A program, and what of its machine is r14's own. */
export interface Runnable extends Assembled {
  readonly extension?: KernelExtension;
  /** What the pass has made of its functions. */
  readonly instrumented?: readonly Instrumented[];
}

/** Minor number of the Go release whose names and layouts the bundled runtime has. */
export const RELEASE = 24;

/** `tap` is told of the detector's calls. */
export const withDetector = (program: Assembled, instrumented: readonly Instrumented[] = [], tap?: RaceTap): Runnable => ({
  ...program,
  instrumented,
  extension: raceExtension(assembledImage(program, ''), `1.${RELEASE}`, tap),
});
