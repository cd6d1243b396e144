/** One distribution as the control plane has it deployed at this moment. */
export interface Distribution {
  readonly id: string;
  readonly arn: string;
  readonly domainName: string;
  readonly status: string;
  /** Null until it was first deployed: then its name does not resolve. */
  readonly config: DistributionConfig | null;
  readonly invalidations: readonly Invalidation[];
}

/** The deployed configuration; `targetOriginId` names an origin or an origin group. */
export interface DistributionConfig extends Behavior {
  readonly enabled: boolean;
  readonly defaultRootObject: string | null;
  readonly origins: readonly Origin[];
  readonly originGroups: readonly OriginGroup[];
  readonly geoRestriction: { readonly type: 'none' | 'whitelist' | 'blacklist'; readonly locations: readonly string[] };
  readonly cacheBehaviors: readonly (Behavior & { readonly pathPattern: string })[];
  readonly customErrorResponses?: readonly CustomErrorResponse[];
}

/** What viewers get for an error: a page of the distribution's own under another status, or only how long the error is kept. */
export interface CustomErrorResponse {
  readonly errorCode: number;
  readonly responsePagePath: string | null;
  readonly responseCode: number | null;
  readonly minTtlSeconds: number;
}

/** How requests to some paths are answered. */
export interface Behavior {
  readonly targetOriginId: string;
  readonly viewerProtocolPolicy: 'allow-all' | 'redirect-to-https' | 'https-only';
  readonly compress: boolean;
  readonly allowedMethods?: readonly string[];
  /** One of the managed response headers policies. */
  readonly responseHeadersPolicyId?: string | null;
  /** The ARNs of the CloudFront Functions that run on viewers' requests and on the answers to them. */
  readonly functions?: { readonly 'viewer-request'?: string; readonly 'viewer-response'?: string };
}

/** Where the edge fetches what it does not have. */
export interface Origin {
  readonly id: string;
  readonly domainName: string;
  readonly originPath: string | null;
  readonly originAccessControlId: string | null;
  /** Headers that the edge adds, such as the secret that proves a request came through CloudFront. */
  readonly customHeaders?: Readonly<Record<string, string>>;
  /** 1 to 3; 3 unless told. */
  readonly connectionAttempts?: number;
  /** 10 unless told. */
  readonly connectionTimeoutSeconds?: number;
  /** What only an origin that is no bucket has. */
  readonly custom?: {
    readonly protocolPolicy: 'http-only' | 'https-only' | 'match-viewer';
    readonly httpPort: number;
    readonly readTimeoutSeconds: number;
  } | null;
}

/** A primary and a secondary origin, and the primary's statuses that make the edge ask the secondary. */
export interface OriginGroup {
  readonly id: string;
  readonly members: readonly string[];
  readonly statusCodes: readonly number[];
}

/** A CloudFront Function as it is published. */
export interface PublishedFunction {
  readonly name: string;
  readonly arn: string;
  readonly code: string;
}

/** A request to forget what is cached under some paths. */
export interface Invalidation {
  readonly id: string;
  readonly createdSeconds: number;
  readonly paths: readonly string[];
  readonly status: string;
}

/** One instance and the port of this machine that leads to its port 80. */
export interface Instance {
  readonly id: string;
  readonly state: string;
  readonly publicIp: string | null;
  readonly publicDnsName: string | null;
  readonly privateIp: string | null;
  readonly httpPort: number | null;
}

/** One AWS API call that the control plane received. */
export interface Call {
  readonly service: string;
  readonly action: string;
  readonly region?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** The ARN of whoever signed it; null for an anonymous request and for one whose signature was refused. */
  readonly caller?: string | null;
}

/** What the Node side asks the control plane, outside of AWS's own APIs. */
export interface ControlPlane {
  readonly port: number;
  distributions(): Promise<Distribution[]>;
  functions(): Promise<PublishedFunction[]>;
  /** The instance that has this address or name now. */
  instance(host: string): Promise<Instance | undefined>;
  /** The port of this machine that leads to port 80 of the running instance with this address or name. */
  instancePort(host: string): Promise<number | undefined>;
  calls(): Promise<Call[]>;
  send(method: 'POST' | 'DELETE', path: string, body?: unknown): Promise<void>;
  /** Sends and returns the JSON of the answer. */
  make<T>(path: string, body: unknown): Promise<T>;
}

/** A client of the admin endpoints of the control plane that listens on a port of this machine. */
export function connectControlPlane(port: number): ControlPlane {
  async function ask(method: string, path: string, body?: unknown): Promise<Response> {
    const response = await fetch(`http://127.0.0.1:${port}/sandbox/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    if (!response.ok)
      throw new Error(`${method} /sandbox/${path} answered ${response.status}: ${await response.text()}`);
    return response;
  }
  async function list<T>(path: string): Promise<T[]> {
    return (await (await ask('GET', path)).json()) as T[];
  }
  async function instance(host: string): Promise<Instance | undefined> {
    const instances = await list<Instance>('instances');
    return instances.find(({ publicIp, publicDnsName }) => host === publicIp || host === publicDnsName);
  }
  return {
    port,
    distributions: () => list<Distribution>('distributions'),
    functions: () => list<PublishedFunction>('functions'),
    instance,
    async instancePort(host) {
      const found = await instance(host);
      return found?.state === 'running' ? (found.httpPort ?? undefined) : undefined;
    },
    calls: () => list<Call>('calls'),
    async send(method, path, body) {
      await (await ask(method, path, body)).arrayBuffer();
    },
    make: async <T>(path: string, body: unknown) => (await (await ask('POST', path, body)).json()) as T,
  };
}
