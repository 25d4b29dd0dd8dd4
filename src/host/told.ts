/** Errors that are meant for the user, and what is said of all others. */

/** An error whose message is for the user: it says what is wrong, where, and what to do. Whatever else is thrown is a fault of r14's own. */
export class Told extends Error {
  override name = 'Told';
}

/** A caught error that is meant for the user. Any other is thrown on: a fault of r14's own may not pass for an answer. */
export function told(error: unknown): Told {
  if (error instanceof Told) return error;
  throw error;
}

/** What is said of an error that is not meant for the user: one line, and its stack where that is wanted (`R14_DEBUG=1`). */
export function ownFault(error: unknown, withStack: boolean): string {
  const thrown = error instanceof Error ? error : new Error(String(error));
  const what = `${thrown.name}: ${thrown.message}`.replace(/\s+/g, ' ');
  if (withStack && thrown.stack !== undefined) return `r14 itself is at fault: ${what}\n${thrown.stack}`;
  return `r14 itself is at fault: ${what}. Please report it with the command, the program and what r14 --version prints; with R14_DEBUG=1 in the environment r14 shows where it happened`;
}
