/** `17,285,148`. */
export function grouped(t: number): string {
  return t.toString().replace(/\B(?=(\d{3})+$)/g, ',');
}
