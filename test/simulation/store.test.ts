import {storeLaws} from '../journal/store-laws.ts';
import {type Asking, SimulatedStore} from './store.ts';

storeLaws('the store of the simulation', async () => {
  const simulated = new SimulatedStore(() => Date.now());
  let fate = '';
  const asking: Asking = async (_what, serve, signal) => {
    const next = fate;
    fate = '';
    if (next === 'silence') {
      return new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason)),
      );
    }
    const result = next === '' || next === 'answer lost' ? serve() : undefined;
    if (next !== '' || result === undefined) {
      throw new Error(next);
    }
    return result;
  };
  return {
    store: simulated.openedBy(asking),
    nextWrite: (next) => {
      fate = next;
    },
    close: async () => {},
  };
});
