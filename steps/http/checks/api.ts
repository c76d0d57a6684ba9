import {preflightOf} from '../../../src/index.ts';
import type {ApiReader} from '../contract.ts';

/** Whether the API answers, and accepts the headers. */
export const apiPreflight = preflightOf<ApiReader>([
  {
    name: 'api-headers-refused',
    severity: 'blocks',
    expects: 'The API answers, and accepts the headers of the inventory.',
    consequence: 'Steps that use this API would be blocked during the run.',
    fix: 'Correct "url" and "headers" of the target in the inventory.',
    find: async (api, signal) => {
      const {status} = await api.get('/', signal);
      return status === 401 || status === 403
        ? [{is: `GET ${api.url}/ is answered with ${status}`}]
        : [];
    },
  },
]);
