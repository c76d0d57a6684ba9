import {serverPairs} from '../lab/mysql/server-kinds.ts';
import {backAndForth} from '../steps/mysql/back-and-forth.ts';
import {openRealServers} from '../steps/mysql/real-servers.ts';

/** Each pair of servers that users have: six times there and back under load, and afterwards every row is compared. */
export async function drillBackAndForth(say: (text: string) => void) {
  const results: {problems: readonly string[]}[] = [];
  for (const pair of serverPairs) {
    const name = `${pair.source.name} to ${pair.target.name}`;
    const missing = [pair.source, pair.target].find((kind) => kind.missing !== null);
    if (missing) {
      say(`SKIPPED: ${name}: there is no ${missing.name} here; ${missing.missing}`);
      continue;
    }
    const servers = await openRealServers(pair);
    try {
      const {acknowledged, lost, twice, equal} = await backAndForth(servers, {
        ...{times: 6, clients: 8, orders: 1_000},
        say: (text) => say(`${name}: ${text}`),
      });
      say(
        `${name}: ${acknowledged} orders acknowledged, ${lost.length} lost, ${twice.length} twice, data ${equal ? 'equal' : 'DIFFERENT'}`,
      );
      results.push({
        problems: [
          ...lost.map((token) => `${name}: ${token} is lost`),
          ...twice.map((token) => `${name}: ${token} is there twice`),
          ...(equal ? [] : [`${name}: the servers have different rows`]),
        ],
      });
    } finally {
      await servers.close();
    }
  }
  return results;
}
