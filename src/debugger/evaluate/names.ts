/** Package-level names of the loaded images: exact, with the package of the frame, or with the last elements of a package path. */
import type { Func, Image, ImageSymbol, Type, Variable } from '../../image/api.js';
import { underlying } from '../values/types.js';
import type { EvaluationContext } from './context.js';

interface NameIndex {
  /** Full names by their shorter spellings. */
  readonly globals: ReadonlyMap<string, string>;
  readonly functions: ReadonlyMap<string, string>;
  /** Of functions with type arguments, the instances of generic ones. */
  readonly instances: readonly string[];
  /** Paths and last elements of paths. */
  readonly packages: ReadonlySet<string>;
}

const indexes = new WeakMap<Image, NameIndex>();

/** Every shorter spelling of `r14/programs/values/inner.Origin`: `values/inner.Origin`, `inner.Origin`; the first name that has it wins. */
function addSuffixes(index: Map<string, string>, name: string): void {
  const path = name.slice(0, name.search(/[[(]|$/));
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
    const suffix = name.slice(slash + 1).replaceAll('%2e', '.');
    if (!index.has(suffix)) index.set(suffix, name);
  }
}

function namesOf(image: Image): NameIndex {
  let index = indexes.get(image);
  if (!index) {
    const globals = new Map<string, string>();
    const functions = new Map<string, string>();
    const instances: string[] = [];
    const packages = new Set<string>();
    const addPackage = (name: string): void => {
      const path = packageOf(name);
      packages.add(path);
      packages.add(path.slice(path.lastIndexOf('/') + 1));
    };
    for (const { name } of image.globals()) {
      addSuffixes(globals, name);
      addPackage(name);
    }
    for (const { name, wrapper, language } of image.functions()) {
      addSuffixes(functions, name);
      if (language !== 'go') continue;
      addPackage(name);
      if (name.includes('[') && !wrapper && !/\.func\d/.test(name)) instances.push(name);
    }
    indexes.set(image, (index = { globals, functions, instances, packages }));
  }
  return index;
}

/** Is there Go code or a variable of that package, named by its path or the path's last element? */
export const isPackage = (context: EvaluationContext, name: string): boolean =>
  context.images.some(image => namesOf(image).packages.has(name));

/** The image of the frame's code first. */
function searchOrder(context: EvaluationContext): readonly Image[] {
  const { frame, images } = context;
  const own = frame && images.find(image => image.contains(frame.pc));
  return own ? [own, ...images.filter(image => image !== own)] : images;
}

type Kind = 'globals' | 'functions' | 'types' | 'symbols';

const answers = new WeakMap<Image, Map<string, unknown>>();

/** Names that were asked for, found or not: a breakpoint's condition asks the same ones at every hit. */
const MAX_ANSWERS = 10_000;

function remembered<T>(image: Image, kind: Kind, name: string, look: (name: string) => T | undefined): T | undefined {
  let known = answers.get(image);
  if (known === undefined || known.size > MAX_ANSWERS) answers.set(image, (known = new Map()));
  const key = `${kind} ${name}`;
  if (!known.has(key)) known.set(key, look(name) ?? look(escaped(name)) ?? bySuffix(image, kind, name, look));
  return known.get(key) as T | undefined;
}

function bySuffix<T>(image: Image, kind: Kind, name: string, look: (name: string) => T | undefined): T | undefined {
  if (!name.includes('.') || (kind !== 'globals' && kind !== 'functions')) return undefined;
  const full = namesOf(image)[kind].get(name);
  return full === undefined ? undefined : look(full);
}

function search<T>(
  context: EvaluationContext,
  kind: Kind,
  name: string,
  look: (image: Image, name: string) => T | undefined,
): T | undefined {
  for (const image of searchOrder(context)) {
    const found = remembered(image, kind, name, each => look(image, each));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The linker writes dots in the last path element as %2e (`gopkg.in/yaml%2ev3.Node`). */
function escaped(name: string): string {
  const slash = name.lastIndexOf('/');
  const dot = name.lastIndexOf('.');
  if (slash < 0 || dot < slash) return name;
  return name.slice(0, slash) + name.slice(slash, dot).replaceAll('.', '%2e') + name.slice(dot);
}

export const findGlobal = (context: EvaluationContext, name: string): Variable | undefined =>
  search(context, 'globals', name, (image, each) => image.globalNamed(each));

export const findFunction = (context: EvaluationContext, name: string): Func | undefined =>
  search(context, 'functions', name, (image, each) => image.functionsNamed(each)[0]);

export const findType = (context: EvaluationContext, name: string): Type | undefined =>
  search(context, 'types', name, (image, each) => image.typeNamed(each));

export const findSymbol = (context: EvaluationContext, name: string): ImageSymbol | undefined =>
  search(context, 'symbols', name, (image, each) => image.symbolsNamed(each)[0]);

const enumerators = new WeakMap<Image, ReadonlyMap<string, { readonly type: Type; readonly value: bigint }>>();

/** A member of a C enumeration that has a name or a typedef. */
export function findEnumerator(context: EvaluationContext, name: string): { readonly type: Type; readonly value: bigint } | undefined {
  for (const image of searchOrder(context)) {
    let known = enumerators.get(image);
    if (!known) {
      const found = new Map<string, { type: Type; value: bigint }>();
      for (const typeName of image.typeNames()) {
        // Go's types have their package in front or are built of others.
        if (image.go && !/^(?:enum )?\w+$/.test(typeName)) continue;
        const type = image.typeNamed(typeName);
        if (type && underlying(type).kind === 'enum') for (const [value, label] of enumValues(type)) found.set(label, { type, value });
      }
      enumerators.set(image, (known = found));
    }
    const found = known.get(name);
    if (found) return found;
  }
  return undefined;
}

function enumValues(type: Type): ReadonlyMap<bigint, string> {
  const at = underlying(type);
  return at.kind === 'enum' ? at.values : new Map();
}

/** Instances of generic functions whose names begin and end so. */
export function functionsLike(context: EvaluationContext, prefix: string, suffix: string): Func[] {
  return searchOrder(context).flatMap(image =>
    namesOf(image)
      .instances.filter(name => name.startsWith(prefix) && name.endsWith(suffix))
      .flatMap(name => image.functionsNamed(name).slice(0, 1)),
  );
}

/** `crash/trace` of `crash/trace.(*T).M.func1`; empty for C. */
export function packageOf(functionName: string): string {
  const plain = functionName.slice(0, functionName.search(/[[(]|$/));
  const dot = plain.indexOf('.', plain.lastIndexOf('/') + 1);
  return dot < 0 ? '' : plain.slice(0, dot);
}

/** Whether a function of exactly that name has no code of its own, since it was inlined wherever it is called. */
export const isInlinedAway = ({ images }: EvaluationContext, name: string): boolean =>
  images.some(image => {
    for (const each of image.inlinedNames()) if (each === name) return true;
    return false;
  });

export const inlinedAway = (name: string): string => `${name} has no code of its own to be run: it was inlined wherever it is called`;
