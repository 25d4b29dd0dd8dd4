/** What the program writes while a function is called for an expression: told when the call has come to its end, and not of one that is undone. */
import { utf8Text } from '../../host/bytes.js';
import { type OutputRecord, onceOnly } from '../../linux/output.js';
import { OperationError } from '../evaluate/untyped.js';

export class HeldOutput {
  readonly listen: (record: OutputRecord) => void;
  #held: OutputRecord[] | undefined;
  readonly #show: (record: OutputRecord) => void;

  /** `show` is told nothing twice of a run that goes back and comes by the same place again; `way`: on the same branch of it. */
  constructor(show: (record: OutputRecord) => void, way?: () => number) {
    this.#show = onceOnly(show, way);
    this.listen = record => {
      if (this.#held === undefined) this.#show(record);
      else this.#held.push(record);
    };
  }

  /** Holds back what comes while `work` is done. What it was is told afterwards when `keep`, and not when `work` fails. */
  during<T>(keep: boolean, work: () => T): { readonly value: T; readonly written: readonly OutputRecord[] } {
    const before = this.#held;
    const written: OutputRecord[] = [];
    this.#held = written;
    try {
      return { value: work(), written };
    } catch (error) {
      const wrote = firstLine(written.splice(0));
      if (wrote === '' || !(error instanceof OperationError)) throw error;
      throw new OperationError(`${error.message}; it had written ${JSON.stringify(wrote)}`);
    } finally {
      this.#held = before;
      if (keep) for (const record of written) this.listen(record);
    }
  }
}

const MOST_SHOWN = 200;

/** The first line that has something in it, where it is not too long. */
const firstLine = (written: readonly OutputRecord[]): string =>
  utf8Text(Uint8Array.from(written.flatMap(({ bytes }) => [...bytes])))
    .trimStart()
    .split('\n')[0]!
    .slice(0, MOST_SHOWN);
