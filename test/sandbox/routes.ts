import { isIPv4 } from 'node:net';

/** Who answers for a host name in the sandbox. */
export type Route = 'local' | 'edge' | 'controlPlane' | 'instance' | 'nobody';

const INSTANCE_NAME = /^ec2-\d+-\d+-\d+-\d+\.(compute-1|[a-z0-9-]+\.compute)\.amazonaws\.com$/;

/** Says who answers for a host; every IPv4 address that is not this machine's is an instance's, running or not. */
export function routeOf(host: string): Route {
  const name = host.toLowerCase();
  if (name === 'localhost' || name === '[::1]' || (isIPv4(name) && name.startsWith('127.'))) return 'local';
  if (name.endsWith('.cloudfront.net')) return 'edge';
  if (isIPv4(name) || INSTANCE_NAME.test(name)) return 'instance';
  if (name.endsWith('.amazonaws.com')) return 'controlPlane';
  return 'nobody';
}

/** Splits `host:port` of a CONNECT target or a Host header; an IPv6 host keeps its brackets. */
export function splitAuthority(authority: string, defaultPort: number): { host: string; port: number } {
  const match = /^(\[[^\]]+\]|[^:]*)(?::(\d+))?$/.exec(authority);
  return { host: (match?.[1] ?? '').toLowerCase(), port: Number(match?.[2] ?? defaultPort) };
}

/** The sentence a client reads when it asks for a host that the sandbox does not have. */
export function refusal(host: string): string {
  return `The sandbox does not know ${host}: it answers for AWS names and this machine, and lets nothing out.\n`;
}
