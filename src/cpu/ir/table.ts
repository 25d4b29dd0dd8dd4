/** The whole op table: importing the files of rows fills it. */
import './integer.js';
import './memory.js';
import './control.js';
import './string.js';
import './simd.js';
import './sse-float.js';
import './helped.js';

export { opNumber, opRows } from './op.js';
