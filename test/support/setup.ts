import { build } from '../../scripts/build.js';

/** The end-to-end tests run what users run, so it must be the present source. */
export default build;
