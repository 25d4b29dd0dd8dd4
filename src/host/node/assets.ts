import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Assets } from '../assets.js';
import { packageRoot } from './package.js';

/** Assets of a package in a folder; what the build makes is beside the bundle, and nowhere when r14 runs from its sources. */
export function folderAssets(root: () => string): Assets {
  return {
    read: path => quietly(() => readFileSync(path.includes('/') ? join(root(), path) : new URL(path, import.meta.url))),
    list: folder => quietly(() => readdirSync(join(root(), folder))) ?? [],
  };
}

export const nodeAssets = folderAssets(packageRoot);

function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}
