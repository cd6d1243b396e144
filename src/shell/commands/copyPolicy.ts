import * as vscode from 'vscode';
import policy from '../../../docs/iam-policy.json';
import type { App } from '../app';
import { unattended } from '../options';
import { tell } from '../tell';

/** Copies the IAM policy that allows all that Sitelift does, for whoever gives permissions; gives its text. */
export async function copyPolicy(app: App, argument: unknown): Promise<string> {
  const options = unattended(argument);
  const text = `${JSON.stringify(policy, null, 2)}\n`;
  await vscode.env.clipboard.writeText(text);
  app.log.info('Copied the IAM policy that allows all that Sitelift does (docs/iam-policy.json).');
  if (!options) {
    void tell(
      'Copied the IAM policy that Sitelift needs. In the AWS console, IAM, Policies, “Create policy”, paste it as JSON and attach it to this user or role, or send it to whoever may.',
    );
  }
  return text;
}
