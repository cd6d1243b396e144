import { isDeepStrictEqual } from 'node:util';

/** Name of the inline policy in the server's role. */
export const AGENT_POLICY_NAME = 'sitelift-agent';

/** AWS's own policy that servers used to get here: it also lets them read every SSM parameter of the region. */
export const BROAD_POLICY_ARN = 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore';

/**
 * What the SSM agent does for itself, as in AWS's policy for agents without a profile (AWS Managed Policy Reference,
 * “AmazonSSMManagedEC2InstanceDefaultPolicy”), which has no right to read parameters.
 */
const AGENT_POLICY = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: [
        'ssm:DescribeAssociation',
        'ssm:GetDeployablePatchSnapshotForInstance',
        'ssm:GetDocument',
        'ssm:DescribeDocument',
        'ssm:GetManifest',
        'ssm:ListAssociations',
        'ssm:ListInstanceAssociations',
        'ssm:PutInventory',
        'ssm:PutComplianceItems',
        'ssm:PutConfigurePackageResult',
        'ssm:UpdateAssociationStatus',
        'ssm:UpdateInstanceAssociationStatus',
        'ssm:UpdateInstanceInformation',
        'ssmmessages:CreateControlChannel',
        'ssmmessages:CreateDataChannel',
        'ssmmessages:OpenControlChannel',
        'ssmmessages:OpenDataChannel',
        'ec2messages:AcknowledgeMessage',
        'ec2messages:DeleteMessage',
        'ec2messages:FailMessage',
        'ec2messages:GetEndpoint',
        'ec2messages:GetMessages',
        'ec2messages:SendReply',
      ],
      Resource: '*',
    },
  ],
};

/** The policy as the text that IAM takes. */
export const AGENT_POLICY_DOCUMENT = JSON.stringify(AGENT_POLICY);

/** True when a document that IAM answered, URL-encoded as it does, says the same as ours. */
export function isAgentPolicy(encodedDocument: string): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(decodeURIComponent(encodedDocument)), AGENT_POLICY);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof URIError) return false;
    throw error;
  }
}
