/** What the parts of a mangled name become: types and names as text that can still be wrapped. */

/** A type, as what stands left and right of a declared name. `wrap`: a function or array, whose pointers need parentheses. */
export interface MangledType {
  readonly left: string;
  readonly right: string;
  readonly wrap?: boolean;
  /** Elements of a parameter pack. */
  readonly pack?: readonly MangledType[];
}

export interface Name {
  readonly text: string;
  /** Ends in template arguments, so a function's encoding begins with its return type. */
  readonly template: boolean;
  /** Constructors, destructors and conversions have no return type even then. */
  readonly special: boolean;
  /** ` const`, ` &` and the like of a member function. */
  readonly qualifiers: string;
}

export const plain = (left: string): MangledType => ({ left, right: '' });
export const list = (types: readonly MangledType[]): string =>
  types
    .map(showMangled)
    .filter(text => text !== '')
    .join(', ');

export function showMangled(type: MangledType): string {
  if (type.pack) return list(type.pack);
  return type.left + (type.wrap && type.right.startsWith('(') ? ' ' : '') + type.right;
}

export function pointer(type: MangledType, sign: string): MangledType {
  if (type.pack) return { ...type, pack: type.pack.map(element => pointer(element, sign)) };
  if (type.wrap) return { left: `${type.left} (${sign}`, right: `)${type.right}` };
  return { left: type.left + sign, right: type.right };
}

/** References to references collapse: an lvalue wins. */
export function reference(type: MangledType, sign: '&' | '&&'): MangledType {
  if (type.pack) return { ...type, pack: type.pack.map(element => reference(element, sign)) };
  if (!type.wrap && type.left.endsWith('&')) return sign === '&' ? { ...type, left: `${type.left.replace(/&+$/, '')}&` } : type;
  return pointer(type, sign);
}

export function suffixed(type: MangledType, suffix: string): MangledType {
  if (type.pack) return { ...type, pack: type.pack.map(element => suffixed(element, suffix)) };
  return { ...type, left: type.left + suffix };
}
