#!/usr/bin/env node
import { existsSync } from 'node:fs';

const built = new URL('../dist/start.js', import.meta.url);
if (existsSync(built)) {
  const { start } = await import(built.href);
  await start();
} else {
  process.stderr.write('r14: this copy has not been built: npm run build in its folder\n');
  process.exitCode = 2;
}
