import { describeGo } from '../support/matrix.js';

describeGo('go1.27.2', true);
