/** What `dist/start.js` is made of: the start, and the compiling for the next. */
export { compileForCache, compileInto } from './compile.js';
export { compiledName } from './compiled.js';
export { precompiled } from './modules.js';
export { spareProcessors, start } from './start.js';
