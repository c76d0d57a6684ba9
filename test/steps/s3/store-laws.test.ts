import type {Fault} from '../../../lab/aws/faults.ts';
import {createS3} from '../../../lab/aws/s3.ts';
import {s3Store} from '../../../steps/s3/index.ts';
import {storeLaws} from '../../journal/store-laws.ts';
import {started} from '../../lab/aws/started.ts';

const faults = {
  'answer lost': {kind: 'cut-after'},
  'request lost': {kind: 'cut-before'},
  conflict: {kind: 'refuse', code: 'ConditionalRequestConflict', status: 409},
  silence: {kind: 'silence'},
} as const satisfies Record<string, Omit<Fault, 'service'>>;

storeLaws("the lab's S3", async () => {
  const lab = await started(createS3({buckets: {cutovers: {}}}));
  const config = s3Store.config.parse({bucket: 'cutovers', prefix: 'shop', ...lab.config});
  const session = await s3Store.open(config, {name: 'store', signal: new AbortController().signal});
  return {
    store: session.writer,
    nextWrite: (fate) =>
      lab.endpoint.faults.add({service: 's3', operation: 'PutObject', ...faults[fate]}),
    close: async () => {
      await session.close();
      await lab[Symbol.asyncDispose]();
    },
  };
});
