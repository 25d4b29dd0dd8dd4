/** How many of `length` things, from the first, something holds of, when it holds of none behind the first of which it does not. */
export function countLeading(length: number, holds: (index: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
