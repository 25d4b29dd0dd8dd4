/** What a request was given: JSON from elsewhere, of which nothing is sure until it was looked at. */
import { Told } from '../../host/told.js';

/** A request that cannot be answered: the message is for the client's user. */
export class RequestError extends Told {
  override name = 'RequestError';
}

const shown = (value: unknown): string => (value === undefined ? 'nothing' : (JSON.stringify(value)?.slice(0, 40) ?? typeof value));

export class Fields {
  private constructor(
    private readonly path: string,
    private readonly values: Readonly<Record<string, unknown>>,
  ) {}

  /** The arguments of a request; there may be none. */
  static of(request: string, given: unknown): Fields {
    return Fields.#object(`${request}: arguments`, given ?? {});
  }

  static #object(path: string, given: unknown): Fields {
    if (typeof given !== 'object' || given === null || Array.isArray(given))
      throw new RequestError(`${path} is an object, not ${shown(given)}`);
    return new Fields(path, given as Record<string, unknown>);
  }

  #wrong(name: string, what: string): RequestError {
    return new RequestError(`${this.path}.${name} is ${what}, not ${shown(this.#value(name))}`);
  }

  /** Null is what some clients send for nothing. */
  #value(name: string): unknown {
    return Object.hasOwn(this.values, name) ? (this.values[name] ?? undefined) : undefined;
  }

  has(name: string): boolean {
    return this.#value(name) !== undefined;
  }

  get names(): readonly string[] {
    return Object.keys(this.values).filter(name => this.has(name));
  }

  text(name: string): string {
    const value = this.#value(name);
    if (typeof value !== 'string') throw this.#wrong(name, 'a string');
    return value;
  }

  maybeText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined;
  }

  /** A whole number that is exact; below 0 only where `signed`. */
  whole(name: string, signed = false): number {
    const value = this.#value(name);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || (value < 0 && !signed))
      throw this.#wrong(name, `a whole number${signed ? '' : ' of at least 0'}`);
    return value;
  }

  maybeWhole(name: string, signed = false): number | undefined {
    return this.has(name) ? this.whole(name, signed) : undefined;
  }

  /** Absent is false. */
  flag(name: string): boolean {
    const value = this.#value(name) ?? false;
    if (typeof value !== 'boolean') throw this.#wrong(name, 'true or false');
    return value;
  }

  /** Absent: empty. */
  #list(name: string): readonly unknown[] {
    const value = this.#value(name) ?? [];
    if (!Array.isArray(value)) throw this.#wrong(name, 'a list');
    return value;
  }

  texts(name: string): readonly string[] {
    const list = this.#list(name);
    if (list.some(each => typeof each !== 'string')) throw this.#wrong(name, 'a list of strings');
    return list as readonly string[];
  }

  objects(name: string): readonly Fields[] {
    return this.#list(name).map((each, index) => Fields.#object(`${this.path}.${name}[${index}]`, each));
  }

  object(name: string): Fields {
    return Fields.#object(`${this.path}.${name}`, this.#value(name));
  }

  maybeObject(name: string): Fields | undefined {
    return this.has(name) ? this.object(name) : undefined;
  }
}
