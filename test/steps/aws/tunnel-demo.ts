import {resolveFields} from '../../../src/inventory/references.ts';
import {Redactor} from '../../../src/journal/redactor.ts';
import {awsClients, awsClockAheadMs, awsConfig} from '../../../steps/aws/index.ts';
import {getPage} from '../../../steps/smoke/site/page.ts';

// Asks for one thing of each part that sends requests, over HTTPS, and prints the answers as JSON:
// `tunnel-demo.ts CONFIG PAGE`. It is a process of its own because Node reads NODE_EXTRA_CA_CERTS as it starts.
const [, , written = '{}', page = ''] = process.argv;
const signal = AbortSignal.timeout(20_000);
const clients = awsClients(
  awsConfig.parse(JSON.parse(written)),
  () => import('@aws-sdk/client-sts'),
  (sdk, settings) => new sdk.STSClient(settings),
);
const caller = await clients.ask('the account', async ({sdk, reading}) => {
  const {Arn} = await reading.send(new sdk.GetCallerIdentityCommand({}));
  return Arn;
});
await clients.close();
const clockIsRight = Math.abs(await awsClockAheadMs(signal)) < 300_000;
const secrets = await resolveFields(
  {password: {ssm: '/shop/db', region: 'eu-west-1'}},
  {target: 'db', environment: {}, redactor: new Redactor(), signal},
);
const {status, body} = await getPage(page, '127.0.0.1', {ca: undefined, signal});
process.stdout.write(JSON.stringify({caller, clockIsRight, secrets, status, body}));
