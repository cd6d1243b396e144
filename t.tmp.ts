import { createSourceThread } from './test/core/worker/sourceThread';
import { createRewriter } from './src/core/worker/rewriter';
(async () => {
  const t = Date.now();
  const thread = createSourceThread();
  const s = new AbortController().signal;
  console.log(await thread.ask('hash', 'package.json', s), Date.now() - t);
  console.log(await thread.ask('hash', 'nope.json', s).catch((e) => [e, e.code]), Date.now() - t);
  const r = createRewriter('d', ['a.png'], thread);
  console.log(Buffer.from((await r.rewrite(Buffer.from('<img src=a.png>'), 'x.html', { signal: s, report() {} })).bytes).toString(), Date.now() - t);
  console.log(await thread.ask('hash', '/dev/stdin', s, 0.2).catch(String))
  console.log(await r.rewrite(Buffer.from('<b>'.repeat(1000)), 'x.html', { signal: s, report() {} }), Date.now()-t)
  const o = createSourceThread({resourceLimits:{maxOldGenerationSizeMb:100}});
  const ro = createRewriter('d', [], o);
  console.log(await ro.rewrite(Buffer.from('<b a=b></b>'.repeat(1e6)), 'x.html', { signal: s, report() {} }), Date.now()-t)
  console.log(Buffer.from((await ro.rewrite(Buffer.from('<img src=a.png>'), 'x.html', { signal: s, report() {} })).bytes).toString(), Date.now() - t);
})();
