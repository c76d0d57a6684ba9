import {Agent, type ClientRequest} from 'node:http';
import {Agent as SecureAgent} from 'node:https';
import {BlockList, isIP} from 'node:net';
import {env} from 'node:process';
import type {HttpsProxyAgent} from 'https-proxy-agent';

/** The variables by which a network names its proxies; tools read them in lower case as well. */
const variables = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY'] as const;

/** Those that are set, and their values without a password: `HTTPS_PROXY` is `http://proxy:3128`. */
export function proxySettings(
  environment: Environment = env,
): readonly {readonly name: string; readonly value: string}[] {
  return variables
    .flatMap((name) => [name.toLowerCase(), name])
    .flatMap((name) => {
      const value = environment[name];
      return value ? [{name, value: withoutPassword(value)}] : [];
    });
}

const withoutPassword = (proxy: string): string => proxy.replace(/(^|\/\/)[^/@]*@/, '$1***@');

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for requests to this host, with its scheme: `http` where it is written without one. `undefined`: none.
 * `NO_PROXY` is read as curl reads it (curl(1)): a name stands for its subdomains too, `10.0.0.0/8` for a network, and
 * `*` for everything; with `:port`, for that port alone.
 */
export function proxyFor(
  protocol: 'http' | 'https',
  {host, port}: {readonly host: string; readonly port: number},
  environment: Environment = env,
): string | undefined {
  const setTo = (name: string) => environment[name.toLowerCase()] || environment[name] || undefined;
  const proxy = setTo(`${protocol.toUpperCase()}_PROXY`) ?? setTo('ALL_PROXY');
  const exceptions = (setTo('NO_PROXY') ?? '').split(/[,\s]+/).filter(Boolean);
  return proxy === undefined || exceptions.some((exception) => excepts(exception, host, port))
    ? undefined
    : proxy.includes('://')
      ? proxy
      : `http://${proxy}`;
}

function excepts(exception: string, host: string, port: number): boolean {
  const [, written = exception, ofPort] = /^(\[.*\]|[^:]+):(\d+)$/.exec(exception) ?? [];
  if (ofPort !== undefined && Number(ofPort) !== port) {
    return false;
  }
  // A dot at the end is how a resolver writes a whole name: it is the same host.
  const name = written.toLowerCase().replace(/^\*?\.|^\[|\.$|\](?=$|\/)/g, '');
  const asked = host.toLowerCase().replace(/^\[|\]$|\.$/g, '');
  return (
    written === '*' ||
    (name !== '' && (asked === name || asked.endsWith(`.${name}`))) ||
    isInNetwork(asked, name)
  );
}

function isInNetwork(address: string, network: string): boolean {
  const [base = '', bits] = network.split('/');
  const version = isIP(base);
  const longest = version === 4 ? 32 : 128;
  // An address alone is a network of one: an IPv6 address can be written in several ways.
  const length = bits === undefined ? longest : Number(bits);
  if (version === 0 || bits === '' || !(length >= 0 && length <= longest)) {
    return false;
  }
  const list = new BlockList();
  list.addSubnet(base, length, version === 4 ? 'ipv4' : 'ipv6');
  return isIP(address) === version && list.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

/** How long a proxy may take to open a tunnel. Shorter than the SDK's limit for connections: this error names it. */
const tunnelLimitMs = 2_500;
const betweenLooksMs = 50;

/** A proxy opened no tunnel: nothing of the request was sent. */
class ProxyError extends Error {
  override readonly name = 'ProxyError';
  /** As from a network that does not lead to the host; `EACCES` where trying again is no use. */
  readonly code: 'EHOSTUNREACH' | 'EACCES';

  constructor(message: string, code: ProxyError['code'], options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * An agent that reaches each host as these variables say, directly or through a tunnel of a proxy; `undefined` where
 * none is set. In a tunnel (CONNECT) the address of the request is reached, and not what the proxy makes of its name.
 * Each request decides whether its host is excepted (`NO_PROXY`). A request whose proxy opens no tunnel ends with an
 * error named `ProxyError`, whose message names the proxy.
 */
export async function proxyAgent(options: {
  readonly keepAlive: boolean;
}): Promise<Agent | undefined> {
  if (!proxySettings().some(({name}) => name.toUpperCase() !== 'NO_PROXY')) {
    return undefined;
  }
  // Loaded only where they are needed: most machines have no proxy.
  const [{Agent: BaseAgent}, tunnelTo] = await Promise.all([import('agent-base'), tunnelMaker()]);
  const direct = {http: new Agent(options), https: new SecureAgent(options)};
  const tunnels = new Map<string, Agent>();
  const tunnel = (proxy: string): Agent => {
    const agent = tunnels.get(proxy) ?? tunnelTo(proxy, options);
    tunnels.set(proxy, agent);
    return agent;
  };
  return new (class extends BaseAgent {
    connect(...[request, {secureEndpoint}]: Parameters<InstanceType<typeof BaseAgent>['connect']>) {
      const protocol = secureEndpoint ? 'https' : 'http';
      const proxy = proxyFor(protocol, placeOf(request, protocol));
      return proxy === undefined ? direct[protocol] : tunnel(proxy);
    }

    override destroy(): void {
      for (const agent of [direct.http, direct.https, ...tunnels.values()]) {
        agent.destroy();
      }
      super.destroy();
    }
  })(options);
}

/** By the name that the request asks for, and not by the address that it goes to. */
function placeOf(request: ClientRequest, protocol: 'http' | 'https') {
  const {hostname, port} = new URL(`${protocol}://${request.getHeader('host')}`);
  return {host: hostname, port: Number(port) || (protocol === 'https' ? 443 : 80)};
}

async function tunnelMaker() {
  const {HttpsProxyAgent: ProxyAgent} = await import('https-proxy-agent');
  class Tunnel extends ProxyAgent<string> {
    readonly #usual = this.connectOpts;

    override async connect(...[request, options]: Parameters<HttpsProxyAgent<string>['connect']>) {
      const shown = withoutPassword(this.proxy.href).replace(/\/$/, '');
      const ending = new AbortController();
      const limit = setTimeout(() => ending.abort(), tunnelLimitMs);
      // A request that is given up while it has no connection yet tells nobody.
      const watch = setInterval(() => request.destroyed && ending.abort(), betweenLooksMs);
      let status = 0;
      request.once('proxyConnect', ({statusCode}: {readonly statusCode: number}) => {
        status = statusCode;
      });
      try {
        // Read before the first wait, so that each request ends its own connection and no other one.
        this.connectOpts = {...this.#usual, signal: ending.signal};
        const socket = await super.connect(request, options);
        if (status === 200) {
          return socket;
        }
        socket.destroy();
      } catch (cause) {
        const reason = ending.signal.aborted
          ? `did not open a tunnel within ${tunnelLimitMs / 1_000} s`
          : `does not answer: ${cause instanceof Error ? cause.message : cause}`;
        throw new ProxyError(`the proxy ${shown} ${reason}`, 'EHOSTUNREACH', {cause});
      } finally {
        clearTimeout(limit);
        clearInterval(watch);
      }
      const code = status >= 500 ? 'EHOSTUNREACH' : 'EACCES';
      throw new ProxyError(`the proxy ${shown} refuses (status ${status})`, code);
    }
  }
  return (proxy: string, options: {readonly keepAlive: boolean}): Agent => {
    if (!/^https?:\/\//.test(proxy) || !URL.canParse(proxy)) {
      const message = `the proxy ${withoutPassword(proxy)} is not the address of an HTTP proxy, such as http://proxy:3128`;
      throw new ProxyError(message, 'EACCES');
    }
    return new Tunnel(proxy, options);
  };
}
