/** Loops over functions: their bodies are functions of their own, and one with the function they stand in to who steps through the lines. */
import type { Func, Image, InlineFrame } from '../../image/api.js';
import { bodyless, isOfLoops, isRangeBody } from '../../runtime/range-bodies.js';
import type { Session } from '../session/session.js';
import type { LogicalFrame } from '../stack/frame.js';
import type { Target } from '../target.js';

/** Frames between a loop's body and the function that it stands in: those of iterators. */
const ITERATORS = 200;

const indexes = (): { image?: Image; bodies?: ReadonlyMap<string, readonly Func[]> } => ({});

/** Functions that are bodies of loops, by the function whose source they stand in. */
function bodiesOf(target: Target): ReadonlyMap<string, readonly Func[]> {
  const known = target.lasting(indexes);
  const image = target.images.goImage;
  if (image === undefined) return new Map();
  if (known.bodies === undefined || known.image !== image) {
    const bodies = new Map<string, Func[]>();
    for (const func of image.functions()) {
      if (isRangeBody(func)) bodies.set(bodyless(func.name), [...(bodies.get(bodyless(func.name)) ?? []), func]);
    }
    known.image = image;
    known.bodies = bodies;
  }
  return known.bodies;
}

export interface LoopFamily {
  /** The function's own frame, which a frame of a loop's body belongs to. */
  readonly outer: LogicalFrame;
  /** Functions that were made of its loops' bodies. */
  readonly bodies: readonly Func[];
}

/** What a frame is one with. Where that is nothing else it is itself, also when its function's own frame is not on the stack. */
export function loopFamily(session: Session, frame: LogicalFrame): LoopFamily {
  const outer = (isRangeBody(frame) ? ownerOf(session, frame) : frame) ?? frame;
  return { outer, bodies: bodiesOf(session.target).get(outer.name) ?? [] };
}

/** The innermost frame of the function that the body of a loop is of. */
export const ownerOf = (session: Session, body: Pick<InlineFrame, 'name' | 'file'>): LogicalFrame | undefined =>
  session.frames(ITERATORS).find(each => !isRangeBody(each) && isOfLoops(body, each));
