/** Source files as a client knows them: by their path on this host, or by a number where r14 has the text. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Session } from '../../debugger/session/session.js';
import { type Fields, RequestError } from './fields.js';

const baseName = (path: string): string => path.split('/').at(-1)!;

export class Sources {
  /** Files whose text came with the program; their numbers stay. */
  readonly #own: string[] = [];
  readonly #known = new Map<string, DebugProtocol.Source>();

  constructor(private readonly session: Session) {}

  /** By the name that debug information has for it. */
  of(file: string): DebugProtocol.Source {
    let source = this.#known.get(file);
    if (source === undefined) {
      source = this.#make(file);
      this.#known.set(file, source);
    }
    return source;
  }

  #make(file: string): DebugProtocol.Source {
    const name = baseName(file);
    const path = this.session.sources.path(file);
    if (path === undefined) return { name, path: file, presentationHint: 'deemphasize', origin: 'not on this machine' };
    if (this.session.launcher.source(path) === undefined) return { name, path };
    return { name, path: file, sourceReference: this.#own.push(file), origin: 'of the bundled program' };
  }

  /** Sources may be elsewhere from now on. */
  forget(): void {
    this.#known.clear();
  }

  numbered(reference: number): string | undefined {
    return this.#own[reference - 1];
  }

  /** The file of debug information that a client means. Throws RequestError. */
  named(source: Fields): string {
    const reference = source.maybeWhole('sourceReference') ?? 0;
    if (reference > 0) {
      const file = this.numbered(reference);
      if (file === undefined) throw new RequestError(`no source ${reference}`);
      return file;
    }
    const path = source.text('path');
    const files = this.files();
    if (files.includes(path)) return path;
    const { sources } = this.session;
    const name = baseName(path);
    return files.find(file => baseName(file) === name && sources.path(file) === path) ?? path;
  }

  /** All files that debug information names. */
  files(): readonly string[] {
    return [...new Set(this.session.target.images.all.flatMap(image => [...image.files()]))];
  }
}
