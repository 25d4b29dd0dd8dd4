/** An address or other number as `0x...`, without leading zeros. */
export const hex = (value: bigint | number): string => `0x${value.toString(16)}`;
