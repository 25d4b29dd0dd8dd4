import { Told } from '../host/told.js';

/**
 * A command that cannot be done: the message says what is wrong, where, and what to do instead. Nothing has changed when it is thrown.
 */
export class CommandError extends Told {
  override name = 'CommandError';
  constructor(
    message: string,
    /** Column in the command line, from 0, for the caret. */
    readonly column?: number,
  ) {
    super(message);
  }
}
