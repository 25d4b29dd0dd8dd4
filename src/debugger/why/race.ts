/** The race detector's part in a fault: who asked it, on whose behalf, and what Go itself does in such a place. */
import { hex } from '../../host/hex.js';
import { racectxOffset } from '../../runtime/layout.js';
import { NIL_CONTEXT_REPORTS } from '../../runtime/race/known.js';
import { raceParameters } from '../../runtime/race/signatures.js';
import { instrumented } from '../code/instrumented.js';
import type { Trail } from '../run/origin.js';
import { isUserCode } from '../show/goroutine-text.js';
import type { ToldLink } from '../show/origin-text.js';
import type { Journey } from '../timeline/history.js';
import { type Inquiry, type Reason, registerSpot, saying } from './inquiry.js';

/** Go's functions that change from one g to another. */
const LOADS_G = /^runtime\.(?:systemstack|mcall|morestack|asmcgocall|cgocallback|gogo)\b/;

/** The race runtime was called for a g that has no context: whose code asked for it, why it runs there, and what Go itself does in such places. */
export function* raceReasons(q: Inquiry, trail: Trail): Journey<readonly Reason[]> {
  const { target } = q;
  const { images } = target;
  const { frames, tid, t } = q.scene;
  if (
    frames[0] === undefined ||
    raceParameters(frames[0].name) === undefined ||
    !trail.links.some(({ wrote, sources }) => [wrote, ...sources].some(each => each.includes('.racectx')))
  )
    return [];
  yield* q.at(t);
  const told: Reason[] = [];
  // On the stack that has no context; what lies behind the change of stack has its own.
  const seam = frames.findIndex(({ physical }) => physical.seam !== undefined);
  const inside = seam < 0 ? frames : frames.slice(0, seam);
  const asked = inside.find(
    ({ physical, name }) =>
      physical.func !== undefined &&
      physical.func.language !== 'c' &&
      !physical.func.asm &&
      !physical.func.wrapper &&
      !/^(?:runtime\.)?race/.test(name),
  );
  const culprit = inside.find(({ physical, inlined }) => !inlined && physical.func !== undefined && instrumented(target, physical.func));
  if (culprit !== undefined) {
    const by = frames.find(({ index, physical }) => index > culprit.index && physical !== culprit.physical);
    const plain =
      by?.physical.func !== undefined && !instrumented(target, by.physical.func) ? `; ${by.name}, which has called it, is not` : '';
    told.push(saying(`${culprit.name} is built with -race${asked === culprit ? ', and calls the race detector itself' : ''}${plain}`));
  }
  if (asked !== undefined && asked.physical !== culprit?.physical)
    told.push(saying(`${asked.name} asks the race detector by hand, whatever its caller is built with`));
  const isLoad = (link: ToldLink): boolean => LOADS_G.test(link.function) && !/^rax|^rbx/.test(link.wrote);
  const { links } = yield* q.trail(registerSpot('r14', tid), undefined, isLoad);
  const loaded = links.find(isLoad);
  if (loaded !== undefined) told.push(saying('that g is in R14 since'), { link: loaded });
  yield* q.at(t);
  told.push(...ofGo(q));
  const byHand = asked !== undefined && asked !== culprit;
  const own = culprit ?? inside.find(each => each.index > (asked?.index ?? 0) && isUserCode(each));
  const name = own?.name ?? asked?.name ?? 'the function';
  told.push(
    saying(
      byHand
        ? `mends: call ${name} on the goroutine, before the change of stack; //go:norace on it is not enough, as ${asked.name} shows`
        : `mends: call ${name} on the goroutine, before the change of stack; or //go:norace on it, if nothing that it calls (maps, channels, locks) asks the race detector`,
    ),
  );
  if (images.goImage !== undefined) told.push(saying(`reports like this one: ${NIL_CONTEXT_REPORTS.join(', ')}`));
  return told;
}

/** What racegostart does on the same stack: it takes the context of the goroutine that the thread works for. */
function ofGo({ target }: Inquiry): readonly Reason[] {
  const { go, images, memory, process } = target;
  const machine = go?.machineOf(target.threadG(process.current));
  if (go === undefined || machine === undefined || !go.readable(machine.curg) || images.functionsNamed('runtime.racegostart').length === 0)
    return [];
  const offset = BigInt(racectxOffset(name => images.typeNamed(name), images.go?.version ?? ''));
  const context = memory.readU64(machine.curg + offset);
  if (context === 0n) return [];
  return [
    saying(
      `runtime.racegostart, on g0 as well, takes the context of m.curg: that is goroutine ${go.goroutine(machine.curg).id}, with racectx = ${hex(context)}`,
    ),
  ];
}
