import type { Arguments } from './arguments.js';

/** The regular expression that an argument is; everything when there is none. */
export function pattern(args: Arguments): RegExp {
  try {
    return new RegExp(args.text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw args.error(error.message);
  }
}
