/** The whole op table: importing the files of rows fills it. */
import './integer.js';
import './memory.js';
import './control.js';
import './string.js';
import './simd.js';
import './helped.js';
import './sse-float.js';
import './avx.js';
import './bmi.js';
import './crypto.js';
import './aes.js';

export { rows } from './op.js';
