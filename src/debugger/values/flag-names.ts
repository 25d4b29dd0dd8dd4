/** RFLAGS by name (Intel SDM vol. 1, 3.4.3). */
const FLAGS: readonly (readonly [bit: number, name: string])[] = [
  [0, 'CF'],
  [2, 'PF'],
  [4, 'AF'],
  [6, 'ZF'],
  [7, 'SF'],
  [8, 'TF'],
  [9, 'IF'],
  [10, 'DF'],
  [11, 'OF'],
  [16, 'RF'],
  [18, 'AC'],
  [21, 'ID'],
];

/** Bits of the flags register that are set, by name. */
export function flagNames(rflags: bigint): string {
  return FLAGS.filter(([bit]) => (rflags >> BigInt(bit)) & 1n)
    .map(([, name]) => name)
    .join(' ');
}
