import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { coalesced } from '../../src/shell/coalesced';
import { until } from '../vscode/until';

const nothing = () => Promise.resolve();

describe('work that is asked for again and again', () => {
  let began: number;
  let ended: number;
  let release: () => void;
  const slow = async () => {
    began += 1;
    await new Promise<void>((resolve) => (release = resolve));
    ended += 1;
  };
  beforeEach(() => {
    began = 0;
    ended = 0;
  });

  it('is done once for all that is asked within a moment', async () => {
    const work = coalesced(slow, 30);
    for (let times = 0; times < 10; times += 1) work.ask();
    await until(async () => began > 0, nothing);
    release();
    await until(async () => ended === 1, nothing);
    await delay(100);
    assert.equal(began, 1);
  });

  it('is done once more afterwards for all that is asked while it goes on', async () => {
    const work = coalesced(slow, 10);
    work.ask();
    await until(async () => began === 1, nothing);
    for (let times = 0; times < 5; times += 1) work.ask();
    await delay(50);
    assert.equal(began, 1);
    release();
    await until(async () => began === 2, nothing);
    release();
    await until(async () => ended === 2, nothing);
    await delay(50);
    assert.equal(began, 2);
  });

  it('waits for what is being saved when it ends', async () => {
    const work = coalesced(slow, 200);
    work.ask();
    await until(async () => began === 1, nothing);
    work.ask();
    release();
    await until(async () => ended === 1, nothing);
    assert.equal(began, 1);
    await until(async () => began === 2, nothing);
    release();
  });

  it('is not begun any more once it is closed', async () => {
    const work = coalesced(slow, 10);
    work.ask();
    work.close();
    await delay(50);
    assert.equal(began, 0);
  });
});
