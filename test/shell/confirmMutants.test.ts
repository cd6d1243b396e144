import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import Mocha from 'mocha';

const CHECKOUT = join(__dirname, '..', '..');
const CONFIRM = join(CHECKOUT, 'src', 'shell', 'confirm.ts');
const SUITES = "require('./confirm.test'); require('./confirmRemovals.test'); require('./confirmStanding.test');";

/** How a plan is found to lose something. */
const WARNS = '({ loses: what }) => what !== undefined';

/** Each makes one promise of the confirmation untrue; `find` occurs once in its source. */
const MUTANTS: readonly { readonly title: string; readonly find: string; readonly replace: string }[] = [
  {
    title: 'runs after a refusal',
    find: 'if (!answer) return undefined;',
    replace: '',
  },
  { title: 'takes any answer for consent', find: "answer === verb ? 'once' : undefined", replace: "'once'" },
  { title: 'takes none for consent', find: "answer === verb ? 'once' : undefined", replace: 'undefined' },
  {
    title: 'asks who chose not to be asked',
    find: 'if (standing?.isGiven && reasons.length === 0) break;',
    replace: '',
  },
  {
    title: 'asks nobody who chose not to be asked, whatever is lost',
    find: 'standing?.isGiven && reasons.length === 0',
    replace: 'standing?.isGiven',
  },
  {
    title: 'asks nobody, whatever was chosen',
    find: 'standing?.isGiven && reasons.length === 0',
    replace: 'standing && reasons.length === 0',
  },
  { title: 'runs what is deferred', find: 'standing.defer(reasons);\n      return undefined;', replace: 'break;' },
  { title: 'defers nothing', find: 'if (standing?.defer) {', replace: 'if (false) {' },
  {
    title: 'does not say why it asks all the same',
    find: 'if (standing?.isGiven) news = [...STILL_ASKED, ...news];',
    replace: '',
  },
  { title: 'takes one answer for all', find: "isLasting = answer === 'always';", replace: 'isLasting = true;' },
  { title: 'forgets what was chosen', find: "isLasting = answer === 'always';", replace: '' },
  {
    title: 'lets a choice be made for what nobody can foresee',
    find: 'standing !== undefined && reasonsToAsk(shown.plan).length === 0',
    replace: 'standing !== undefined',
  },
  {
    title: 'lets a choice be made for every plan',
    find: 'standing !== undefined && reasonsToAsk(shown.plan).length === 0',
    replace: 'true',
  },
  {
    title: 'replaces what nobody has seen without asking',
    find: 'step.loses !== undefined || replacesUnseen(step)',
    replace: 'step.loses !== undefined',
  },
  {
    title: 'loses something without asking',
    find: 'step.loses !== undefined || replacesUnseen(step)',
    replace: 'replacesUnseen(step)',
  },
  { title: 'keeps nothing of the plan', find: 'desk.note?.(line);', replace: ';' },
  { title: 'does not show a changed plan again', find: 'if (same) break;', replace: 'break;' },
  { title: 'asks for ever', find: 'if (same) break;', replace: '' },
  {
    title: 'skips the second look',
    find: 'const now = await proposal.plan(op);',
    replace: 'const now = proposed;',
  },
  { title: 'runs the plan of the first look', find: 'proposed = now;', replace: '' },
  {
    title: 'says nothing of the change',
    find: "news = ['What there is to do has changed since you agreed. This is it now:', ''];",
    replace: '',
  },
  {
    title: 'takes plans with other losses for the same',
    find: 'samePlan(one, other) && isDeepStrictEqual(losses(one), losses(other))',
    replace: 'samePlan(one, other)',
  },
  {
    title: 'takes plans with the same losses for the same',
    find: 'samePlan(one, other) && isDeepStrictEqual(losses(one), losses(other))',
    replace: 'isDeepStrictEqual(losses(one), losses(other))',
  },
  {
    title: 'takes options of another account',
    find: 'options && options.account !== site.account',
    replace: 'false',
  },
  {
    title: 'refuses options of the right account',
    find: 'options && options.account !== site.account',
    replace: 'options',
  },
  {
    title: 'takes credentials of any account',
    find: 'await desk.requireAccount(clients, site.account, op);',
    replace: "{ account: site.account, arn: 'arn:aws:iam::123456789012:user/x' };",
  },
  {
    title: 'takes credentials of the account that they happen to belong to',
    find: 'desk.requireAccount(clients, site.account, op)',
    replace: "desk.requireAccount(clients, '123456789012', op)",
  },
  {
    title: 'loses data without the typed name',
    find: "if (loses(proposed.plan, 'data') && !(await desk.person.types(site.name))) return undefined;",
    replace: '',
  },
  {
    title: 'does not mind what was typed',
    find: "if (loses(proposed.plan, 'data') && !(await desk.person.types(site.name))) return undefined;",
    replace: "if (loses(proposed.plan, 'data')) await desk.person.types(site.name);",
  },
  {
    title: 'has the id typed instead of the name',
    find: 'desk.person.types(site.name)',
    replace: 'desk.person.types(site.id)',
  },
  {
    title: 'lets options answer for the typed name',
    find: "(!options || loses(proposed.plan, 'data'))",
    replace: '!options',
  },
  {
    title: 'asks in spite of options',
    find: "(!options || loses(proposed.plan, 'data'))",
    replace: 'true',
  },
  { title: 'asks when there is nothing to do', find: 'proposed.plan.length > 0 && (', replace: '(' },
  {
    title: 'hides account and region',
    find: 'where: [...news, ...where],',
    replace: 'where: [...news],',
  },
  {
    title: 'asks for the name for an interruption',
    find: "if (loses(proposed.plan, 'data') &&",
    replace: "if ((loses(proposed.plan, 'data') || loses(proposed.plan, 'uptime')) &&",
  },
  {
    title: 'does not warn of an interruption',
    find: WARNS,
    replace: "({ loses: what }) => /data|files/.test(what ?? '')",
  },
  { title: 'does not warn of lost data', find: WARNS, replace: "({ loses: what }) => /uptime|files/.test(what ?? '')" },
  {
    title: 'does not warn of many removals',
    find: WARNS,
    replace: "({ loses: what }) => /uptime|data/.test(what ?? '')",
  },
  { title: 'always warns', find: WARNS, replace: '() => true' },
  {
    title: 'removes many files without asking once more',
    find: 'if (!options && !(await letsRemove(desk.person, proposed.plan))) return undefined;',
    replace: '',
  },
  {
    title: 'does not mind what was answered about many removals',
    find: 'if (!options && !(await letsRemove(desk.person, proposed.plan))) return undefined;',
    replace: 'if (!options) await letsRemove(desk.person, proposed.plan);',
  },
  {
    title: 'asks about removals in spite of options',
    find: 'if (!options && !(await letsRemove(',
    replace: 'if (!(await letsRemove(',
  },
  { title: 'asks about removals where there are none', find: 'if (files.length === 0) return true;', replace: '' },
  {
    title: 'hides that there are more files to remove',
    find: 'files.length > SHOWN_FILES ? [`',
    replace: 'files.length < SHOWN_FILES ? [`',
  },
  {
    title: 'shows the names of files as they are',
    find: '`– ${plainText(file)}`',
    replace: '`– ${file}`',
  },
  {
    title: 'lets options remove many files',
    find: "options && !options.removals && loses(plan, 'files')",
    replace: 'false',
  },
  {
    title: 'never lets options remove many files',
    find: "options && !options.removals && loses(plan, 'files')",
    replace: "options && loses(plan, 'files')",
  },
  {
    title: 'refuses whoever was asked about removals',
    find: "options && !options.removals && loses(plan, 'files')",
    replace: "!options?.removals && loses(plan, 'files')",
  },
  { title: 'does not offer to show all', find: 'hidden > 0 ? [SHOW_ALL] : []', replace: '[]' },
  {
    title: 'offers to show what is shown',
    find: 'hidden > 0 ? [SHOW_ALL] : []',
    replace: '[SHOW_ALL]',
  },
  {
    title: 'takes reading for consent',
    find: 'if (!(await person.reads(question, planDocument(question, shown), op.signal))) return undefined;',
    replace: "return (await person.reads(question, planDocument(question, shown), op.signal)) ? 'once' : undefined;",
  },
  {
    title: 'asks again who has read enough',
    find: 'if (!(await person.reads(question, planDocument(question, shown), op.signal))) return undefined;',
    replace: 'await person.reads(question, planDocument(question, shown), op.signal);',
  },
  {
    title: 'shows less than all',
    find: 'planDocument(question, shown), op.signal',
    replace: "lines.join('\\n'), op.signal",
  },
  {
    title: 'goes on after a cancellation',
    find: 'op.signal.throwIfAborted();',
    replace: '',
  },
  {
    title: 'runs without telling that AWS changes',
    find: 'await desk.during(() => run(plan, op), effect)',
    replace: 'await run(plan, op)',
  },
  {
    title: 'runs nothing',
    find: 'await desk.during(() => run(plan, op), effect)',
    replace: 'await desk.during(async () => {}, effect)',
  },
  {
    title: 'keeps for itself what the run changes',
    find: 'run(plan, op), effect)',
    replace: 'run(plan, op))',
  },
  { title: 'tells no steps', find: 'return stepsOf(plan).map(({ key }) => key);', replace: 'return [];' },
];

describe('the suite of the confirmation', function () {
  this.timeout(60_000);
  let source: string;
  let folder: string;

  before(async () => {
    source = await readFile(CONFIRM, 'utf8');
    await mkdir(join(CHECKOUT, 'out'), { recursive: true });
    folder = await mkdtemp(join(CHECKOUT, 'out', 'mutants-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('passes without a mutation', async () => {
    assert.equal(await failuresWith(source, join(folder, 'none.cjs')), 0);
  });

  for (const [index, { title, find, replace }] of MUTANTS.entries()) {
    it(`notices one that ${title}`, async () => {
      assert.equal(source.split(find).length, 2, `“${find}” occurs once`);
      assert.ok(
        (await failuresWith(
          source.replace(find, () => replace),
          join(folder, `${index}.cjs`),
        )) > 0,
      );
    });
  }
});

/** Failures of the suite, up to the first one, over a confirmation with this source. */
async function failuresWith(contents: string, outfile: string): Promise<number> {
  const mutation: Plugin = {
    name: 'mutation',
    setup: (plugin) => plugin.onLoad({ filter: /[\\/]shell[\\/]confirm\.ts$/ }, () => ({ contents, loader: 'ts' })),
  };
  await build({
    ...{
      absWorkingDir: CHECKOUT,
      stdin: { contents: SUITES, resolveDir: __dirname },
      outfile,
      bundle: true,
      format: 'cjs',
      platform: 'node',
    },
    ...{ packages: 'external', loader: { '.sh': 'text' }, plugins: [mutation], logLevel: 'error' },
    target: 'node20',
  });
  const mocha = new Mocha({ ui: 'bdd', reporter: Mocha.reporters.Base, timeout: 20_000, bail: true });
  mocha.addFile(outfile);
  try {
    return await new Promise((resolve) => mocha.run(resolve));
  } finally {
    mocha.dispose();
  }
}
