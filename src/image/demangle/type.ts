/** What the parts of a mangled name become: types and names as text that can still be wrapped. */

/** A type, as what stands left and right of a declared name. `wrap`: a function or array, whose pointers need parentheses. */
export interface Type {
  readonly left: string;
  readonly right: string;
  readonly wrap?: boolean;
  /** Elements of a parameter pack. */
  readonly pack?: readonly Type[];
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

export const plain = (left: string): Type => ({ left, right: '' });
export const list = (types: readonly Type[]): string =>
  types
    .map(show)
    .filter(text => text !== '')
    .join(', ');

export function show(type: Type): string {
  if (type.pack) return list(type.pack);
  return type.left + (type.wrap && type.right.startsWith('(') ? ' ' : '') + type.right;
}

export function pointer(type: Type, sign: string): Type {
  if (type.pack) return { ...type, pack: type.pack.map(element => pointer(element, sign)) };
  if (type.wrap) return { left: `${type.left} (${sign}`, right: `)${type.right}` };
  return { left: type.left + sign, right: type.right };
}

/** References to references collapse: an lvalue wins. */
export function reference(type: Type, sign: '&' | '&&'): Type {
  if (type.pack) return { ...type, pack: type.pack.map(element => reference(element, sign)) };
  if (!type.wrap && type.left.endsWith('&')) return sign === '&' ? { ...type, left: `${type.left.replace(/&+$/, '')}&` } : type;
  return pointer(type, sign);
}

export function suffixed(type: Type, suffix: string): Type {
  if (type.pack) return { ...type, pack: type.pack.map(element => suffixed(element, suffix)) };
  return { ...type, left: type.left + suffix };
}
