import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { nextSteps } from '../../../src/core/handover/nextSteps';
import type { Secret } from '../../../src/core/handover/template';

const SITE = { id: 'abcd1234', name: 'demo', account: '123456789012', region: 'eu-west-1' };
const DISTRIBUTION = {
  ...{ ResourceType: 'AWS::CloudFront::Distribution', LogicalResourceId: 'Distribution' },
  ResourceIdentifier: { Id: 'E123EXAMPLE' },
};
const FILES = { templatePath: "/home/o'neil/$(x) demo.template.json", importsPath: '/tmp/demo.import.json' };
const secretOf = (origin: string): Secret => ({
  ...{ parameter: 'HeaderXKey', description: 'x', header: 'X-Key', origin },
});

/** What a shell makes of the commands: the words of each, of which `aws` is one that prints them. */
function wordsOf(text: string): string[][] {
  const commands = text.split('\n').filter((line) => /^(aws| {2}--|\w+=\$\()/.test(line));
  const script = `aws() { printf '%s\\x1f' "$@"; printf '\\n'; }\n${commands.join('\n')}\nprintf '%s\\n' "$HeaderXKey"`;
  return execFileSync('bash', ['-c', script], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.split('\x1f').filter((word) => word !== ''));
}

describe('the next steps of a hand-over', () => {
  const handover = { imports: [DISTRIBUTION], leftOut: ['The attachment is left out.'], secrets: [] };

  it('name the files so that a shell takes them as they are', () => {
    const [changeSet] = wordsOf(nextSteps(SITE, handover, { ...FILES, templateText: '{}' }));
    assert.deepEqual(changeSet, [
      ...['cloudformation', 'create-change-set', '--region', 'eu-west-1', '--stack-name', 'sitelift-abcd1234'],
      ...['--change-set-name', 'import', '--change-set-type', 'IMPORT', '--capabilities', 'CAPABILITY_NAMED_IAM'],
      ...['--template-body', `file://${FILES.templatePath}`, '--resources-to-import', `file://${FILES.importsPath}`],
    ]);
  });

  it('ask for a place in S3 where the template is too long for a request', () => {
    const limit = 51_200;
    const stepsOf = (length: number) => nextSteps(SITE, handover, { ...FILES, templateText: 'é'.repeat(length / 2) });
    assert.match(stepsOf(limit), /--template-body/);
    assert.match(stepsOf(limit + 2), /upload it to a private bucket[^]*--template-url/);
    assert.doesNotMatch(stepsOf(limit + 2), /--template-body/);
  });

  it('fetch the value of a header from the distribution, whatever its origin is called', () => {
    const text = nextSteps(SITE, { ...handover, secrets: [secretOf("o'ne")] }, { ...FILES, templateText: '{}' });
    const words = wordsOf(`${text}`).flat();
    const path = String.raw`DistributionConfig.Origins.Items[?Id=='o\'ne'].CustomHeaders.Items[] | [?HeaderName=='X-Key'].HeaderValue | [0]`;
    assert.ok(words.includes(path), words.join('\n'));
    assert.ok(words.includes('E123EXAMPLE'));
    assert.ok(words.includes('--parameters'));
  });
});
