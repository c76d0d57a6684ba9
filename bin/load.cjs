'use strict';

// Apart from its caller: a Node without import() cannot even parse this line.
import('./start.mjs');
