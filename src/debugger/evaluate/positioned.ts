import { Unreadable } from '../values/source.js';
import { ExpressionError } from './errors.js';
import { OperationError } from './untyped.js';

/** Runs `work`, and gives what it throws without a position this one. */
export function positioned<T>(column: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof OperationError) throw new ExpressionError(error.message, column);
    if (error instanceof Unreadable)
      throw new ExpressionError(error.lost === 'unreadable' ? error.why : `the value is ${error.lost}`, column);
    throw error;
  }
}
