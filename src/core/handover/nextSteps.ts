import { stackName } from '../names';
import { oneLine } from '../plainText';
import type { Site } from '../site';
import type { Handover } from './exportSite';
import type { Secret } from './template';

/** The longest template that a request itself may hold, in bytes; longer ones are given as the address of an object in S3 (CloudFormation User Guide, “Quotas”). */
const LARGEST_BODY = 51_200;

/** The files of a hand-over: how they are called, as commands find them, and what the template's holds. */
export interface HandoverFiles {
  readonly templatePath: string;
  readonly importsPath: string;
  readonly templateText: string;
}

/** What a team does with the files: the commands that import the site into a stack, and what holds then. */
export function nextSteps(
  site: Pick<Site, 'id' | 'name' | 'region' | 'account'>,
  { imports, leftOut, secrets }: Pick<Handover, 'imports' | 'leftOut' | 'secrets'>,
  { importsPath, templatePath, templateText }: HandoverFiles,
): string {
  const distribution = imports.find(({ ResourceType }) => ResourceType === 'AWS::CloudFront::Distribution');
  const id = distribution?.ResourceIdentifier['Id'] ?? '';
  const aws = (command: string, ...options: readonly string[]) =>
    [`aws cloudformation ${command} --region ${site.region} --stack-name ${stackName(site)}`, ...options].join(
      ' \\\n  ',
    );
  const changeSet = '--change-set-name import';
  const isLong = Buffer.byteLength(templateText) > LARGEST_BODY;
  const body = isLong
    ? '--template-url https://BUCKET.s3.REGION.amazonaws.com/KEY'
    : `--template-body ${quoted(`file://${templatePath}`)}`;
  const lines = [
    `Handing over “${site.name}” (account ${site.account}, region ${site.region})`,
    '',
    'Nothing was changed in AWS. These commands, for bash, put the site as it is under a stack of CloudFormation; nothing is made, replaced or restarted by that.',
    ...(isLong
      ? ['', 'The template is too long for a request: upload it to a private bucket of yours first, and name it there.']
      : []),
    '',
    ...(secrets.length > 0
      ? ['1. Fetch what no file holds, because it is a secret:', '', ...secrets.map((one) => fetched(one, id)), '']
      : []),
    `${secrets.length > 0 ? 2 : 1}. Make the change set and read it:`,
    '',
    aws(
      'create-change-set',
      `${changeSet} --change-set-type IMPORT --capabilities CAPABILITY_NAMED_IAM`,
      body,
      `--resources-to-import ${quoted(`file://${importsPath}`)}`,
      ...(secrets.length > 0 ? [`--parameters ${secrets.map(given).join(' ')}`] : []),
    ),
    aws('wait change-set-create-complete', changeSet),
    aws('describe-change-set', changeSet),
    '',
    `${secrets.length > 0 ? 3 : 2}. Import, and look for differences:`,
    '',
    aws('execute-change-set', changeSet),
    aws('wait stack-import-complete'),
    aws('detect-stack-drift'),
    aws('describe-stack-resource-drifts'),
    '',
    'What is left out:',
    ...leftOut.map((line) => `- ${line}`),
    '',
    'Sitelift goes on finding the site by its tags and publishes as before. What changes its resources from now on, in Sitelift or in the console, shows as drift of the stack: decide for one of them. All resources are kept when the stack, or one of them in it, is deleted.',
  ];
  return `${lines.map(lineOf).join('\n')}\n`;
}

function fetched({ header, origin, parameter }: Secret, distributionId: string): string {
  const path = `DistributionConfig.Origins.Items[?Id==${raw(origin)}].CustomHeaders.Items[] | [?HeaderName==${raw(header)}].HeaderValue | [0]`;
  return `${parameter}=$(aws cloudfront get-distribution-config --id ${distributionId} --output text --query ${quoted(path)})`;
}

function given({ parameter }: Secret): string {
  return `"ParameterKey=${parameter},ParameterValue=$${parameter}"`;
}

/** A raw string of a query (JMESPath). */
function raw(text: string): string {
  return `'${text.replaceAll("'", String.raw`\'`)}'`;
}

/** A word of a shell's command, whatever it holds. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** Names come from elsewhere; the lines of a command stay apart, and can be copied. */
function lineOf(line: string): string {
  return line.split('\n').map(oneLine).join('\n');
}
