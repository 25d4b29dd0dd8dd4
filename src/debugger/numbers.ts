/** Signal and system call numbers as users write them. */
export function signalNumber(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

export function syscallNumber(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
