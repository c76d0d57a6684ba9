import {hostAndPort, type Question} from '../../name-servers/index.ts';

/** The command that shows the answer of one server. */
export function digCommand(server: string, {name, type}: Question): string {
  const {host, port} = hostAndPort(server);
  return `dig @${host}${port === 53 ? '' : ` -p ${port}`} ${name} ${type}`;
}
