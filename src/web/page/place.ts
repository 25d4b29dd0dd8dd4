/** Where somebody is on the page, as the fragment of its address has it. */
import { FIRST_LESSON } from '../messages.js';

export type PagePlace =
  | { readonly kind: 'lesson'; readonly name: string }
  | { readonly kind: 'open' | 'play' }
  /** What somebody has shared. */
  | { readonly kind: 'link'; readonly link: string };

const FIRST: PagePlace = { kind: 'lesson', name: FIRST_LESSON };

export function placeOfHash(hash: string): PagePlace {
  const [, kind, rest = ''] = /^#([\w-]+)=?(.*)$/.exec(hash) ?? [];
  if (kind === 'lesson' && /^[\w-]+$/.test(rest)) return { kind, name: rest };
  if (kind === 'r14') return { kind: 'link', link: hash };
  if (kind === 'open' || kind === 'play') return { kind };
  return FIRST;
}

export const hashOfPlace = (place: PagePlace): string =>
  place.kind === 'lesson' ? `#lesson=${place.name}` : place.kind === 'link' ? place.link : `#${place.kind}`;
