/** The way that a value has come, once it is found, and how it is told. */
import type { Convention } from '../../abi/convention.js';
import { C_CALL } from '../../abi/handmade.js';
import type { GprName } from '../../cpu/api.js';

/** A place where the value was, outermost first. */
export interface Hop {
  /** `RAX`, `0(SP)`: as the function names it that put the value there. */
  readonly place: string;
  /** Undefined: it is on the stack. */
  readonly register: GprName | undefined;
  readonly func: string;
  /** How that function is called. */
  readonly convention: Convention['id'];
  /** The instruction that put it there; undefined: it was there when the function was entered. */
  readonly address: bigint | undefined;
  /** The parameter that it is at the function's entry. */
  readonly parameter: string | undefined;
}

export interface Way {
  /** What the value is at its beginning: `g.racectx`, `return address of main.f`, `constant 0x10`, or why it is not known. */
  readonly origin: string;
  /** Whether the origin is where the value was made or loaded, and not where the trace was lost. */
  readonly complete: boolean;
  /** The field of g that it was loaded from. */
  readonly fieldOfG?: string;
  readonly hops: readonly Hop[];
}

/** A place of a chain, named once, however many functions hand the value on in it. */
export interface Stage {
  readonly place: string;
  /** The parameter that it is. */
  readonly name: string | undefined;
  /** How the function that finds it there is called; of the last that puts it somewhere, that one. */
  readonly convention: Convention['id'];
}

/** The places as they are named by who wrote them. */
export function stagesOf({ hops }: Way): readonly Stage[] {
  const stages: Stage[] = [];
  let last: Hop | undefined;
  for (const hop of hops) {
    const { place, parameter: name, convention } = hop;
    const stage = stages.at(-1);
    const carried = hop.address === undefined && last !== undefined && (place === last.place || (isSlot(hop) && isSlot(last)));
    if (stage === undefined || !carried) stages.push({ place, name, convention });
    else stages[stages.length - 1] = { ...stage, convention, name: name !== undefined && !C_CALL.has(name) ? name : stage.name };
    last = hop;
  }
  return stages;
}

/** `return address of f -> RAX (callpc) -> 0(SP) -> R11 -> RSI (pc)`, with the names of parameters that the places are. */
export function wayText(chain: Way): string {
  const { origin, complete } = chain;
  let name: string | undefined;
  const places = stagesOf(chain).map(each => {
    const fresh = each.name !== undefined && each.name !== name && !C_CALL.has(each.name);
    if (fresh) name = each.name;
    return fresh ? `${each.place} (${each.name})` : each.place;
  });
  return [complete ? origin : `(${origin})`, ...places].join(' -> ');
}

const isSlot = ({ register }: Hop): boolean => register === undefined;
