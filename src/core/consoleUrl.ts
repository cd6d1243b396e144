/** A place in the AWS console. Addresses are those that the console itself shows for a single resource. */
export type ConsolePlace =
  | { readonly kind: 'instance'; readonly id: string }
  | { readonly kind: 'agent'; readonly instanceId: string }
  | { readonly kind: 'volume'; readonly id: string }
  | { readonly kind: 'bucket'; readonly name: string }
  | { readonly kind: 'distribution'; readonly id: string };

/** The address of a place in the AWS console of a region; CloudFront is global and lies in `us-east-1`. */
export function consoleUrl(place: ConsolePlace, region: string): string {
  switch (place.kind) {
    case 'instance':
      return `${home('ec2', region)}#InstanceDetails:instanceId=${encodeURIComponent(place.id)}`;
    case 'agent':
      return `https://${region}.console.aws.amazon.com/systems-manager/fleet-manager/managed-nodes/${encodeURIComponent(place.instanceId)}/general?region=${region}`;
    case 'volume':
      return `${home('ec2', region)}#VolumeDetails:volumeId=${encodeURIComponent(place.id)}`;
    case 'bucket':
      return `https://${region}.console.aws.amazon.com/s3/buckets/${encodeURIComponent(place.name)}?region=${region}&prefix=site/`;
    case 'distribution':
      return `${home('cloudfront/v4', 'us-east-1')}#/distributions/${encodeURIComponent(place.id)}`;
  }
}

function home(service: string, region: string): string {
  return `https://${region}.console.aws.amazon.com/${service}/home?region=${region}`;
}
