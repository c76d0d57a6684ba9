import {Agent} from 'node:http';
import {Agent as SecureAgent} from 'node:https';
import {env} from 'node:process';

/** The variables by which a network names its proxies; tools read them in lower case as well. */
const variables = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'] as const;

/** Those that are set, and their values without a password: `HTTPS_PROXY` is `http://proxy:3128`. */
export function proxySettings(
  environment: Readonly<Record<string, string | undefined>> = env,
): readonly {readonly name: string; readonly value: string}[] {
  return variables
    .flatMap((name) => [name.toLowerCase(), name])
    .flatMap((name) => {
      const value = environment[name];
      return value ? [{name, value: value.replace(/\/\/[^/@]*@/, '//***@')}] : [];
    });
}

/**
 * An agent that reaches each host as these variables say, directly or through a tunnel of a proxy; `undefined` where
 * none is set. In a tunnel (CONNECT) the address of the request is reached, and not what the proxy makes of its name.
 * Each request decides whether its host is excepted (`NO_PROXY`).
 */
export async function proxyAgent(options: {
  readonly keepAlive: boolean;
}): Promise<Agent | undefined> {
  if (!proxySettings().some(({name}) => name.toUpperCase() !== 'NO_PROXY')) {
    return undefined;
  }
  // Loaded only where they are needed: most machines have no proxy.
  const [{Agent: BaseAgent}, {HttpsProxyAgent}, {getProxyForUrl}] = await Promise.all([
    import('agent-base'),
    import('https-proxy-agent'),
    import('proxy-from-env'),
  ]);
  const direct = {http: new Agent(options), https: new SecureAgent(options)};
  const tunnels = new Map<string, Agent>();
  const tunnel = (proxy: string): Agent => {
    const agent = tunnels.get(proxy) ?? new HttpsProxyAgent(proxy, options);
    tunnels.set(proxy, agent);
    return agent;
  };
  return new (class extends BaseAgent {
    connect(...[request, {secureEndpoint}]: Parameters<InstanceType<typeof BaseAgent>['connect']>) {
      const protocol = secureEndpoint ? 'https' : 'http';
      const proxy = getProxyForUrl(`${protocol}://${request.getHeader('host')}`);
      return proxy === '' ? direct[protocol] : tunnel(proxy);
    }

    override destroy(): void {
      for (const agent of [direct.http, direct.https, ...tunnels.values()]) {
        agent.destroy();
      }
      super.destroy();
    }
  })(options);
}
