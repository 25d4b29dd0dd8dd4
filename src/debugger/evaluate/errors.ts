import { Told } from '../../host/told.js';

/** An expression that is wrong or cannot be evaluated. `column` is where, counted from 0 in the expression's text. */
export class ExpressionError extends Told {
  override name = 'ExpressionError';
  constructor(
    message: string,
    readonly column: number,
  ) {
    super(message);
  }
}
