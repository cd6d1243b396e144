import * as vscode from 'vscode';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { UserError } from '../../core/op';
import { pathBelow } from '../../core/pathBelow';
import { rootFolder, type Site } from '../../core/site';
import type { App } from '../app';
import { unattended, type Unattended } from '../options';
import { openText } from '../person';
import { siteCommand, type Bench } from '../siteCommand';
import { tell } from '../tell';

/** Options of *Export Infrastructure…*. */
export interface ExportOptions extends Unattended {
  /** Absolute path of the folder that gets the two files. */
  readonly to?: string;
}

/** Where a hand-over was written. */
export interface Exported {
  readonly template: string;
  readonly imports: string;
  /** How many resources the template has. */
  readonly resources: number;
}

const TEMPLATE = '.template.json';
const IMPORTS = '.import.json';
const STEPS = 'Show Next Steps';

/** Writes the site, as it is in AWS, into a CloudFormation template and the list with which it is imported. Nothing in AWS is changed. */
export function exportInfrastructure(app: App, argument: unknown): Promise<Exported | undefined> {
  requireFolder(unattended<ExportOptions>(argument));
  return siteCommand<Exported | undefined, ExportOptions>(app, argument, async (bench) => {
    const { aws, context, options, site, working } = bench;
    const handover = await working(`Reading ${site.name} for a template`, async (op) => {
      await aws.requireAccount(context.clients, site.account, op);
      return aws.exportSite(context, op);
    });
    const templatePath = await (options ? join(options.to ?? '', `${fileName(site)}${TEMPLATE}`) : askFor(bench));
    if (templatePath === undefined) return undefined;
    const importsPath = `${templatePath.slice(0, -TEMPLATE.length)}${IMPORTS}`;
    requireOutside(bench, templatePath);
    const templateText = `${JSON.stringify(handover.template, null, 2)}\n`;
    await mkdir(dirname(templatePath), { recursive: true });
    await writeFile(templatePath, templateText);
    await writeFile(importsPath, `${JSON.stringify(handover.imports, null, 2)}\n`);
    const resources = handover.imports.length;
    app.log.info(`Wrote ${templatePath} and ${importsPath}.`);
    if (!options) {
      const steps = aws.nextSteps(site, handover, { templatePath, importsPath, templateText });
      void tellExported(app, site.name, { template: templatePath, imports: importsPath, resources }, steps);
    }
    return { template: templatePath, imports: importsPath, resources };
  });
}

async function tellExported(app: App, name: string, { imports, resources, template }: Exported, steps: string) {
  const told = `Wrote ${resources} resources of “${name}” into ${basename(template)}, and ${basename(imports)} with which they are imported. What no template says, such as the attachment of the volume, is left out.`;
  if ((await tell(told, STEPS)) === STEPS) await openText(app, `Handing over ${name}`, steps);
}

/** Asks for the template's file, first of all in a folder that is not published; undefined when the user gives up. */
async function askFor({ folder, site }: Bench): Promise<string | undefined> {
  const isWhole = pathBelow(rootFolder(folder.uri.fsPath, site), folder.uri.fsPath) !== undefined;
  const where = isWhole ? dirname(folder.uri.fsPath) : folder.uri.fsPath;
  const chosen = await vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.file(join(where, `${fileName(site)}${TEMPLATE}`)),
    filters: { 'CloudFormation template': ['json'] },
    saveLabel: 'Export',
    title: 'Where to write the template; the list for its import is written beside it',
  });
  if (!chosen) return undefined;
  const { fsPath } = chosen;
  const path = fsPath.endsWith(TEMPLATE) ? fsPath : `${fsPath.replace(/\.json$/, '')}${TEMPLATE}`;
  // The dialog asked about the file that it shows, and about no other.
  for (const other of [path, `${path.slice(0, -TEMPLATE.length)}${IMPORTS}`]) {
    if (other !== fsPath && !(await isThere(fsPath)) && (await isThere(other))) {
      throw new UserError(`${other} exists already. Choose another name, or remove it. Nothing was written.`);
    }
  }
  return path;
}

/** Throws `UserError` where the files would be published with the site. */
function requireOutside({ folder, site }: Bench, path: string): void {
  const root = rootFolder(folder.uri.fsPath, site);
  if (pathBelow(root, path) === undefined) return;
  throw new UserError(
    `${dirname(path)} lies in the site’s root folder, of which the files would be published. Choose a folder outside of ${root}. Nothing was written.`,
  );
}

function requireFolder(options: ExportOptions | undefined): void {
  if (!options || (typeof options.to === 'string' && isAbsolute(options.to))) return;
  throw new UserError('Options passed to this command must name the folder to write to: { "to": "/absolute/path" }.');
}

/** A name that every file system takes. */
function fileName({ id, name }: Site): string {
  return name.replace(/[^\p{L}\p{N}_-]+/gu, '-').replace(/^-+|-+$/g, '') || id;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
