import { Code, uleb, VALUE_TYPE, type ValueType } from './code.js';

interface Signature {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** A WebAssembly module under construction: one imported memory `m.memory`, imported functions, functions, exports. Imports come first. */
export class ModuleBuilder {
  private readonly types: Signature[] = [];
  private readonly imports: { name: string; type: number }[] = [];
  private readonly functions: { type: number; body: number[]; exportName?: string }[] = [];

  importFunction(name: string, params: readonly ValueType[], results: readonly ValueType[]): number {
    this.imports.push({ name, type: this.type({ params, results }) });
    return this.imports.length - 1;
  }

  /** Adds a function whose parameters and locals are named; returns its index. */
  function(
    params: Readonly<Record<string, ValueType>>,
    results: readonly ValueType[],
    locals: Readonly<Record<string, ValueType>>,
    write: (code: Code) => void,
    exportName?: string,
  ): number {
    const names = new Map([...Object.keys(params), ...Object.keys(locals)].map((name, index) => [name, index]));
    const code = new Code(names);
    write(code);
    const declared = Object.values(locals).flatMap(type => [1, VALUE_TYPE[type]]);
    const body = [...uleb(Object.keys(locals).length), ...declared];
    for (const byte of code.bytes) body.push(byte);
    body.push(0x0b);
    this.functions.push({ type: this.type({ params: Object.values(params), results }), body, exportName });
    return this.imports.length + this.functions.length - 1;
  }

  private type(signature: Signature): number {
    const key = JSON.stringify(signature);
    const at = this.types.findIndex(known => JSON.stringify(known) === key);
    if (at >= 0) return at;
    this.types.push(signature);
    return this.types.length - 1;
  }

  build(): Uint8Array {
    const out: number[] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
    const section = (id: number, content: number[]) => {
      out.push(id, ...uleb(content.length));
      for (const byte of content) out.push(byte);
    };
    const text = (value: string) => [...uleb(value.length), ...new TextEncoder().encode(value)];
    const kinds = (list: readonly ValueType[]) => [...uleb(list.length), ...list.map(type => VALUE_TYPE[type])];
    section(1, [...uleb(this.types.length), ...this.types.flatMap(t => [0x60, ...kinds(t.params), ...kinds(t.results)])]);
    section(2, [
      ...uleb(this.imports.length + 1),
      ...this.imports.flatMap(i => [...text('m'), ...text(i.name), 0, ...uleb(i.type)]),
      ...text('m'),
      ...text('memory'),
      2,
      1,
      // Any memory of at most 4 GiB will do.
      1,
      ...uleb(65536),
    ]);
    section(3, [...uleb(this.functions.length), ...this.functions.flatMap(f => uleb(f.type))]);
    const exported = this.functions.flatMap((f, index) =>
      f.exportName === undefined ? [] : [[...text(f.exportName), 0, ...uleb(this.imports.length + index)]],
    );
    section(7, [...uleb(exported.length), ...exported.flat()]);
    const bodies: number[] = [...uleb(this.functions.length)];
    for (const f of this.functions) {
      bodies.push(...uleb(f.body.length));
      for (const byte of f.body) bodies.push(byte);
    }
    section(10, bodies);
    return Uint8Array.from(out);
  }
}
