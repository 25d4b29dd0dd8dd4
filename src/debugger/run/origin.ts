/** `origin EXPRESSION`: the place that an expression stands for, and the way back from there. */
import { type EffectRegister, GPR_NAMES } from '../../cpu/api.js';
import { CommandError } from '../errors.js';
import { findRegister } from '../evaluate/registers.js';
import { evaluated } from '../session/expressions.js';
import type { Session } from '../session/session.js';
import { sourceText, type ToldLink, tellLink } from '../show/origin-text.js';
import type { Journey } from '../timeline/history.js';
import { Origin, type OriginEnd, type Replayed, type ValueSpot } from '../timeline/origin.js';

/** The low half of a YMM register. */
const XMM_BYTES = 16;

/** Links that are told at most. */
const MOST_LINKS = 40;

export interface Trail {
  readonly links: readonly ToldLink[];
  readonly source: OriginEnd;
  /** The end of it, in words. */
  readonly end: string;
}

/** The place of an expression's value. Throws CommandError when it has none. */
export function spotOf(session: Session, text: string, column: number): ValueSpot {
  const { tid } = session.thread;
  const named = findRegister(text.replace(/^\$/, ''), true);
  if (named !== undefined) return ofRegister(session, named.register, named.offset, named.size ?? 8, column, tid);
  const result = evaluated(session.context(), text, column);
  if (result.kind === 'symbol') return { kind: 'memory', address: result.address, bytes: 8 };
  if (result.kind !== 'value') throw new CommandError(`${text} lies nowhere: origin wants a register, a variable or memory`, column);
  const { source, type } = result.value;
  const bytes = Math.min(8, Math.max(1, type.size));
  if (source.address !== undefined) return { kind: 'memory', address: source.address, bytes };
  if (source.register !== undefined) return ofRegister(session, source.register.name, source.register.offset, bytes, column, tid);
  throw new CommandError(`${text} lies in no one place: origin wants a register, a variable or memory`, column);
}

function ofRegister(session: Session, name: string, offset: number, bytes: number, column: number, tid: number): ValueSpot {
  const { goroutine, frame } = session.selection;
  const place = effectPlace(name, offset);
  if (place === undefined) throw new CommandError(`the origin of ${name} is not followed`, column);
  if (goroutine !== undefined || frame !== 0) {
    throw new CommandError(`${name} of frame ${frame} is not where it was: select frame 0, or name memory`, column);
  }
  return { kind: 'register', register: place.register, offset: place.offset, bytes: Math.min(8, bytes), tid };
}

/** Where effects have what lies in a register from a byte on: the low half of YMM is XMM, and MM lies in the x87's. */
function effectPlace(name: string, offset: number): { readonly register: EffectRegister; readonly offset: number } | undefined {
  const [, kind, number] = /^([xy]?mm)(\d+)$/.exec(name) ?? [];
  if (kind === 'mm') return { register: 'x87', offset: 16 * Number(number) + offset };
  if (kind !== undefined) return { register: `${offset < XMM_BYTES ? 'xmm' : 'ymm'}${Number(number)}`, offset };
  return (GPR_NAMES as readonly string[]).includes(name) ? { register: name as EffectRegister, offset } : undefined;
}

/** Follows a place back, and tells of each link while the machine stands there; `enough`: the one that it is followed for. */
export function* trailOf(
  session: Session,
  history: Replayed,
  spot: ValueSpot,
  most = MOST_LINKS,
  enough: (link: ToldLink) => boolean = () => false,
): Journey<Trail> {
  const { target } = session;
  const links: ToldLink[] = [];
  const origin = new Origin(history, target);
  const source = yield* origin.trace(spot, target.process.t, link => {
    const told = tellLink(session, link);
    links.push(told);
    return links.length < most && !enough(told);
  });
  return { links, source, end: sourceText(session, source) };
}
