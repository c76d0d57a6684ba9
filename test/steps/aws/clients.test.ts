import {createServer, type Server} from 'node:http';
import type {AddressInfo, Socket} from 'node:net';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {awsClients} from '../../../steps/aws/sdk/clients.ts';

// Every server closes idle connections, and one of them may be closed while a request is on its way.
let server: Server;
let served: WeakSet<Socket>;
beforeEach(async () => {
  served = new WeakSet();
  server = createServer((request, response) => {
    if (served.has(request.socket)) {
      request.socket.destroy();
      return;
    }
    served.add(request.socket);
    request.resume();
    request.on('end', () => {
      response.setHeader('content-type', 'application/x-amz-json-1.1');
      response.end(JSON.stringify({clusterArns: []}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => server.close());

test('no write is lost with a connection that AWS closes as idle, and reads are sent again', async () => {
  const {port} = server.address() as AddressInfo; // A TCP server has an AddressInfo.
  const clients = awsClients(
    {
      region: 'us-east-1',
      endpoint: `http://127.0.0.1:${port}`,
      credentials: {accessKeyId: 'id', secretAccessKey: 'secret'},
    },
    () => import('@aws-sdk/client-ecs'),
    (sdk, settings) => new sdk.ECSClient(settings),
  );
  const send = (which: 'reading' | 'writing') =>
    clients.ask('cluster shop', async ({sdk, [which]: client}) => {
      const {clusterArns} = await client.send(new sdk.ListClustersCommand({}));
      return clusterArns;
    });
  for (const which of ['writing', 'writing', 'writing', 'reading', 'reading'] as const) {
    expect(await send(which)).toEqual([]);
  }
  await clients.close();
});
