/** The ops by number and by name, with their traits. */
import { opTraits } from '#made';

const byName = new Map<string, number>(opTraits.map(({ name }, number) => [name, number]));

/** Whether there is an op of that name. */
export const hasOp = (name: string): boolean => byName.has(name);

/** Number of an op, for records. Throws for a name without a row. */
export function opNumber(name: string): number {
  const number = byName.get(name);
  if (number === undefined) throw new Error(`no op ${name}`);
  return number;
}

export { opTraits };
