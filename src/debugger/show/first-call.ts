/** Commands for a program of assembly whose functions are called. */

/** Shows code in the syntax that it is written in. */
export const AS_WRITTEN = 'config disassemble-flavor go';

/** To where the first of the calls begins; empty: nothing is called. */
export function toFirstCall(calls: readonly string[]): readonly string[] {
  const name = /^[\w.·∕]+/.exec(calls[0] ?? '')?.[0];
  return name === undefined ? [] : [`tbreak ${name.replaceAll('·', '.')}`, 'continue'];
}
