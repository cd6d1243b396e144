import { readFile, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build, type Plugin } from 'esbuild';

/** How the extension is built. */
export interface BuildOptions {
  readonly outdir?: string;
  /** Source maps and readable code instead of small files. */
  readonly development?: boolean;
}

/** Each becomes one file: what activates, and what is loaded on first use. */
const ENTRY_POINTS = {
  main: 'src/extension.ts',
  aws: 'src/core/entryAws.ts',
  html: 'src/core/entryHtml.ts',
  commands: 'src/shell/entryCommands.ts',
  view: 'src/shell/entryView.ts',
  worker: 'src/core/entryWorker.ts',
  pages: 'src/core/entryPages.ts',
  cli: 'src/cli/main.ts',
};

/**
 * The SDK has a class for each of the 370 errors that its services name, which does no more than the class that it takes for an error without one (as all
 * those of EC2 are): both have the code as their name. We go by names alone, so the clients of our services have none.
 *
 * The SDK's schemas write `{ [_xN]: … }` where `const _xN = "xmlName"`. A computed key may have side effects, so that no
 * schema could ever be dropped (aws-sdk-js-v3#7607); with its value in place, the unused ones go.
 */
const neededSchemas: Plugin = {
  name: 'needed-schemas',
  setup(plugin) {
    plugin.onLoad({ filter: /[\\/]schemas[\\/]schemas_\d+\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const keys = new Map(
        Array.from(source.matchAll(/^const (_\w+) = ("[^"\n]*");$/gm), ([, name, text]) => [name, text]),
      );
      const isService = /[\\/]@aws-sdk[\\/]client-[^\\/]+[\\/]/.test(path);
      const needed = isService ? source.replace(/^n0_registry\.registerError\(.*\);$/gm, '') : source;
      return {
        contents: needed.replace(/([{,]\s*)\[(_\w+)\]:/g, (all, before, name) =>
          keys.has(name) ? `${before}${keys.get(name)}:` : all,
        ),
      };
    });
  },
};

/** Of tables in JSON only what is read of them: the version of a package, and of 2,500 media types the thousand that file names have endings of. */
const neededJson: Plugin = {
  name: 'needed-json',
  setup(plugin) {
    const keep = (filter: RegExp, needed: (table: Readonly<Record<string, unknown>>) => object) =>
      plugin.onLoad({ filter }, async ({ path }) => {
        const table = JSON.parse(await readFile(path, 'utf8')) as Readonly<Record<string, unknown>>;
        return { contents: JSON.stringify(needed(table)), loader: 'json' };
      });
    keep(/[\\/]@aws-sdk[\\/].*[\\/]package\.json$/, ({ version }) => ({ version }));
    keep(/[\\/]mime-db[\\/]db\.json$/, (types) =>
      Object.fromEntries(Object.entries(types).filter(([, type]) => (type as { extensions?: unknown }).extensions)),
    );
  },
};

/** Modules that others import and that nothing here has a use for: streams of events, which none of our calls has, and what DEBUG would print of proxies. */
const UNUSED: Readonly<Record<string, string>> = {
  '@smithy/core/event-streams':
    'export const resolveEventStreamSerdeConfig = (config) => config; export const eventStreamSerdeProvider = () => ({}); export const EventStreamSerde = undefined;',
  debug: 'module.exports = () => () => undefined;',
};

const unused: Plugin = {
  name: 'unused',
  setup(plugin) {
    plugin.onResolve({ filter: new RegExp(`^(${Object.keys(UNUSED).join('|')})$`) }, ({ path }) => ({
      ...{ path, namespace: 'unused' },
    }));
    plugin.onLoad({ filter: /./, namespace: 'unused' }, ({ path }) => ({ contents: UNUSED[path] ?? '', loader: 'js' }));
  },
};

/** An import of another entry point stays one, of the file that it is built into. */
const chunks: Plugin = {
  name: 'chunks',
  setup(plugin) {
    plugin.onResolve({ filter: /[\\/]entry(Aws|Html|Commands|View|Worker|Pages)$/ }, ({ kind, path }) => {
      if (kind === 'entry-point') return undefined;
      const name = path.slice(path.lastIndexOf('entry') + 'entry'.length).toLowerCase();
      return { path: `./${name}.js`, external: true };
    });
  },
};

/** Cheerio brings older copies of its parser and of the entity tables; the ones that we parse with serve it as well. */
const oneParser: Plugin = {
  name: 'one-parser',
  setup(plugin) {
    plugin.onResolve({ filter: /^(htmlparser2|entities)($|\/)/ }, ({ path, kind, pluginData }) =>
      pluginData === 'resolved'
        ? undefined
        : plugin.resolve(path, {
            kind,
            resolveDir: join(__dirname, 'node_modules', 'htmlparser2'),
            pluginData: 'resolved',
          }),
    );
  },
};

/** Builds the extension into `dist/`, or wherever the options say, and removes what an earlier build left there. */
export async function buildExtension(options: BuildOptions = {}): Promise<void> {
  const { development = false, outdir = join(__dirname, 'dist') } = options;
  const { metafile } = await build({
    absWorkingDir: __dirname,
    entryPoints: ENTRY_POINTS,
    outdir,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    external: ['vscode'],
    loader: { '.sh': 'text' },
    plugins: [neededSchemas, neededJson, unused, oneParser, chunks],
    // Makes it a `require`, which VS Code's loader knows best.
    supported: { 'dynamic-import': false },
    minify: !development,
    sourcemap: development,
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
  });
  const built = new Set(Object.keys(metafile.outputs).map((name) => basename(name)));
  for (const name of await readdir(outdir)) {
    if (/\.js(\.map)?$/.test(name) && !built.has(name)) await rm(join(outdir, name));
  }
}

if (require.main === module) {
  buildExtension({ development: process.argv.includes('--development') }).catch(() => process.exit(1));
}
