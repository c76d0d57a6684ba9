export type {Tunnel, VpnConnection, VpnReader} from './contract.ts';
export {vpnConnections} from './target.ts';
export {vpnTunnelsUp} from './vpn-tunnels-up.ts';
