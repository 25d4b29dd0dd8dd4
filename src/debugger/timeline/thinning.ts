/** Which saves stay: many near where somebody is, ever fewer further away, and all that must. */

export interface SavePlace {
  readonly t: number;
  /** It stays, whatever is near it. */
  readonly kept: boolean;
}

/**
 * At most `most` of them, by `t`: what goes leaves the smallest gap, measured by how far it is from the nearest of `near`. So there is a fixed number to
 * each doubling of the distance, which is a logarithm of it in all. The first stays; with `last` also the last may go.
 */
export function thinned<P extends SavePlace>(places: readonly P[], most: number, near: readonly number[], last = false): P[] {
  const rest = [...places];
  while (rest.length > most) {
    let victim = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let index = 1; index < rest.length - (last ? 0 : 1); index++) {
      const { t, kept } = rest[index]!;
      if (kept) continue;
      const gap = (rest[index + 1]?.t ?? t) - rest[index - 1]!.t;
      const distance = Math.min(...near.map(each => Math.abs(each - t)));
      const weight = gap / (distance + 1);
      if (weight >= least) continue;
      least = weight;
      victim = index;
    }
    if (victim < 0) return rest;
    rest.splice(victim, 1);
  }
  return rest;
}
