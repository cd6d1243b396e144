import type { Site } from '../../src/core/site';

type SiteOf = Pick<Site, 'id' | 'account' | 'region'>;

/** The IAM policy of somebody who publishes a finished site and may provision nothing, with no more than that needs. */
export function publishOnlyPolicy(site: SiteOf): object {
  const { id, account, region } = site;
  const bucket = bucketOf(site);
  return {
    Version: '2012-10-17',
    Statement: [
      ...finding(site),
      {
        Sid: 'SendImagesAndBundles',
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
        Resource: [`${bucket}/site/*`, `${bucket}/_sitelift/*`],
      },
      {
        Sid: 'InvalidateImages',
        Effect: 'Allow',
        // The second one where the edges serve the whole site, whose former pages must be forgotten before what they need goes.
        Action: ['cloudfront:CreateInvalidation', 'cloudfront:GetInvalidation'],
        Resource: `arn:aws:cloudfront::${account}:distribution/*`,
        Condition: { StringEquals: { 'aws:ResourceTag/sitelift:site': id } },
      },
      {
        Sid: 'RunOnTheServer',
        Effect: 'Allow',
        Action: 'ssm:SendCommand',
        Resource: `arn:aws:ec2:${region}:${account}:instance/*`,
        Condition: { StringEquals: { 'ssm:resourceTag/sitelift:site': id } },
      },
      {
        Sid: 'RunShellScripts',
        Effect: 'Allow',
        Action: 'ssm:SendCommand',
        Resource: `arn:aws:ssm:${region}::document/AWS-RunShellScript`,
      },
      {
        Sid: 'FollowWhatRuns',
        Effect: 'Allow',
        Action: ['ssm:GetCommandInvocation', 'ssm:CancelCommand'],
        Resource: '*',
      },
    ],
  };
}

/** The IAM policy of somebody who may see what publishing would do, once the site was published, and change nothing. */
export function planOnlyPolicy(site: SiteOf): object {
  const bucket = bucketOf(site);
  return {
    Version: '2012-10-17',
    Statement: [
      ...finding(site),
      {
        Sid: 'ReadWhatIsPublished',
        Effect: 'Allow',
        Action: 's3:GetObject',
        Resource: [`${bucket}/site/*`, `${bucket}/_sitelift/*`],
      },
    ],
  };
}

function finding(site: SiteOf): object[] {
  return [
    {
      Sid: 'FindTheSite',
      Effect: 'Allow',
      Action: [
        'ec2:DescribeInstances',
        'ec2:DescribeVolumes',
        'ssm:DescribeInstanceInformation',
        'cloudfront:ListDistributions',
        'cloudfront:ListTagsForResource',
        'cloudfront:GetDistribution',
      ],
      Resource: '*',
    },
    { Sid: 'ListTheBucket', Effect: 'Allow', Action: 's3:ListBucket', Resource: bucketOf(site) },
  ];
}

function bucketOf({ id, account, region }: SiteOf): string {
  return `arn:aws:s3:::sitelift-${id}-${account}-${region}`;
}
