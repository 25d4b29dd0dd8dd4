import { describeGo } from '../support/matrix.js';

describeGo('go1.26', true, 'v3');
