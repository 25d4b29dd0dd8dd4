import { existsSync } from 'node:fs';
import { nodeAssets } from '../host/node/assets.js';
import type { Runnable } from '../runtime/bundled/detected.js';
import { type Parsed, raceFlag } from './flags.js';

/** The bundled program of that name, unless there is a file of that path. */
export async function bundled(parsed: Parsed, path: string): Promise<Runnable | undefined> {
  const wanted = parsed.values.has('variant') || parsed.values.has('race');
  if (existsSync(path) || (path.includes('/') && !wanted)) return undefined;
  const { Catalog } = await import('../runtime/bundled/catalog.js');
  const catalog = new Catalog(nodeAssets);
  if (!wanted && !catalog.has(path)) return undefined;
  const variant = parsed.values.get('variant')?.[0];
  const race = raceFlag(parsed);
  return catalog.build(path, { variant, race });
}
