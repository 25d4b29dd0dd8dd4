/**
 * A link to where somebody is in a program: what is debugged, what it was given, the commands since, and how the screen stood, in the fragment of an address,
 * which no server is ever sent. A run is the same each time, so the commands come to the same place: `#r14=VERSION.LENGTH.TEXT`, where TEXT is JSON,
 * packed by zlib (RFC 1950), in base64url (RFC 4648, section 5), and LENGTH counts its characters: a link that was cut on its way is told.
 */
import { fromBase64, toBase64, utf8, utf8Text } from '../../host/bytes.js';
import type { Ports } from '../../host/ports.js';
import { isCount, isFields, isText, isTexts, type ReadFields } from '../../host/read-value.js';
import { Told } from '../../host/told.js';
import { ASSEMBLY_RUNTIMES, type AssemblyText } from '../../runtime/bundled/assembly-text.js';
import { isGiven, type SharedGiven } from './shared-run.js';

/** What is debugged. */
export type SharedSubject =
  | { readonly kind: 'lesson'; readonly name: string; readonly part: number }
  | { readonly kind: 'bundled'; readonly name: string; readonly variant?: string; readonly race?: boolean }
  | { readonly kind: 'assembly'; readonly text: AssemblyText }
  /** Not in the link: it stays where it is. `sum`: the SHA-256 of its bytes. */
  | { readonly kind: 'binary'; readonly name: string; readonly sum: string };

/** How the screen stands, besides what commands have set. */
export interface SharedLook {
  readonly focus: string;
  readonly zoomed: boolean;
}

/** What is done with a subject. */
export interface SharedRun {
  /** What the program was given; absent: nothing. */
  readonly given?: SharedGiven | undefined;
  readonly commands: readonly string[];
  readonly look?: SharedLook | undefined;
}

export interface SharedPlace extends SharedRun {
  readonly subject: SharedSubject;
}

/** A link that cannot be opened. */
export class LinkError extends Told {
  override name = 'LinkError';
}

/** Whoever reads only the first would open another run where something was given. */
const VERSIONS = { plain: 1, given: 2 } as const;
/** Bytes of the JSON, characters of a link. */
const MOST = { text: 4 * 2 ** 20, link: 2 * 2 ** 20 } as const;
const LINK = /(?:^|#)r14=(\d+)\.(\d+)\.([\w-]*)/;

/** The fragment, without its `#`. Throws LinkError for what is too large. */
export function linkOf(place: SharedPlace, pack: NonNullable<Ports['pack']>): string {
  const text = toBase64(pack(utf8(JSON.stringify(place))))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
  if (text.length > MOST.link) throw new LinkError(`that would be a link of ${text.length} characters: ${MOST.link} at most`);
  return `r14=${place.given === undefined ? VERSIONS.plain : VERSIONS.given}.${text.length}.${text}`;
}

/** What a link leads to: an address with that fragment, or the fragment alone. Throws LinkError. */
export function placeOfLink(link: string, { unpack }: Pick<Ports, 'unpack'>): SharedPlace {
  const [, version, length, text = ''] = LINK.exec(link) ?? [];
  if (version === undefined) throw new LinkError('this is no link of r14: one has #r14= and a long word in it');
  if (Number(version) < VERSIONS.plain || Number(version) > VERSIONS.given)
    throw new LinkError(
      `this link is of version ${version}, this r14 reads versions ${VERSIONS.plain} and ${VERSIONS.given}: a newer r14 may`,
    );
  if (text.length !== Number(length))
    throw new LinkError(`this link was cut: it has ${text.length} of ${length} characters; copy all of it`);
  if (text.length > MOST.link) throw new LinkError(`this link has ${text.length} characters: ${MOST.link} at most`);
  let place: unknown;
  try {
    const packed = fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'));
    place = JSON.parse(utf8Text(unpack.zlib!(packed, MOST.text)));
  } catch (error) {
    // Whatever the unpacker throws: the characters are others than those that were sent.
    throw new LinkError(`this link was changed on its way: ${(error as Error).message}`);
  }
  if (!isPlace(place)) throw new LinkError('this link does not say what to open: it was not made by r14');
  return place;
}

/** Why a program is not the one of a link; undefined: it is. */
export function wrongProgram(
  path: string,
  bytes: Uint8Array,
  { name, sum }: Extract<SharedSubject, { kind: 'binary' }>,
  digest: Ports['digest'],
): string | undefined {
  const its = digest();
  its.update(bytes);
  const found = its.hex();
  return found === sum
    ? undefined
    : `${path} is not the ${name} of the link: its SHA-256 is ${found.slice(0, 16)}..., not ${sum.slice(0, 16)}...`;
}

/** What the fields of each kind must be. */
const SUBJECTS: { readonly [Kind in SharedSubject['kind']]: (subject: ReadFields) => boolean } = {
  lesson: ({ name, part }) => isText(name) && isCount(part),
  bundled: ({ name, variant, race }) =>
    isText(name) && ['string', 'undefined'].includes(typeof variant) && ['boolean', 'undefined'].includes(typeof race),
  assembly: ({ text }) =>
    isFields(text) &&
    isText(text.source) &&
    isText(text.types) &&
    isTexts(text.calls) &&
    (ASSEMBLY_RUNTIMES as readonly unknown[]).includes(text.runtime),
  binary: ({ name, sum }) => isText(name) && isText(sum),
};

function isPlace(place: unknown): place is SharedPlace {
  if (!isFields(place) || !isTexts(place.commands) || !isFields(place.subject)) return false;
  const { kind } = place.subject;
  const { given, look } = place;
  if (given !== undefined && !isGiven(given)) return false;
  if (look !== undefined && !(isFields(look) && isText(look.focus) && typeof look.zoomed === 'boolean')) return false;
  return isText(kind) && Object.hasOwn(SUBJECTS, kind) && SUBJECTS[kind as SharedSubject['kind']](place.subject);
}
