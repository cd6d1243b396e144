import assert from 'node:assert/strict';
import { siteFileEdits } from '../../src/core/siteFileEdit';
import { siteFileText } from '../../src/core/site';

const edited = (text: string, value: unknown, path: readonly [string, string] = ['server', 'address']) =>
  siteFileEdits(text, path, value).reduceRight(
    (so, { offset, length, content }) => so.slice(0, offset) + content + so.slice(offset + length),
    text,
  );

describe('an edit of the site file', () => {
  it('adds a property in the way in which the file is written, and changes nothing else', () => {
    const text = siteFileText({
      name: 'demo',
      id: 'abcd1234',
      account: '123456789012',
      region: 'eu-west-1',
      root: '.',
    });
    assert.equal(
      edited(text, 'elastic'),
      text.replace('"instanceType": "t3.micro"\n', '"instanceType": "t3.micro",\n    "address": "elastic"\n'),
    );
    const tabs = text.replaceAll('  ', '\t').replaceAll('\n', '\r\n');
    assert.equal(
      edited(tabs, 'elastic'),
      tabs.replace('"t3.micro"\r\n', '"t3.micro",\r\n\t\t"address": "elastic"\r\n'),
    );
  });

  it('adds the part as well where the file has none', () => {
    assert.equal(
      edited('{\n    "name": "demo"\n}\n', 'elastic'),
      '{\n    "name": "demo",\n    "server": {\n        "address": "elastic"\n    }\n}\n',
    );
    assert.deepEqual(JSON.parse(edited('{"name":"demo"}', 'elastic')), {
      name: 'demo',
      server: { address: 'elastic' },
    });
  });

  it('takes out a property, so that the file is what it was before that was added', () => {
    const text = siteFileText({
      name: 'demo',
      id: 'abcd1234',
      account: '123456789012',
      region: 'eu-west-1',
      root: '.',
    });
    const path = ['distribution', 'enabled'] as const;
    const added = edited(text, false, path);
    assert.equal(added, text.replace('"serves": "images"\n', '"serves": "images",\n    "enabled": false\n'));
    assert.equal(edited(added, undefined, path), text);
    assert.equal(edited(text, undefined, path), text);
  });

  it('changes the value alone where there is one', () => {
    const text = '{ "server" : {"address":   "elastic"  ,"image":"ubuntu-24.04"} }';
    assert.equal(edited(text, 'changing'), text.replace('"elastic"', '"changing"'));
  });
});
