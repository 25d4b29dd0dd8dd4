/** The whole instruction table: importing the files of groups fills it. */
import './integer.js';
import './control.js';
import './system.js';
import './segment.js';
import './sse-move.js';
import './sse-int.js';
import './sse-float.js';
import './crypto.js';
import './vex.js';
import './avx.js';
import './bmi.js';
import './mmx.js';
import './x87.js';
import './fpu-state.js';

export { lifters } from './registry.js';
