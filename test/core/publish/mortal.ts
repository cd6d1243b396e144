import type { MiddlewareStack } from '@smithy/types';
import { createClients } from '../../../src/core/aws/clients';
import type { Context } from '../../../src/core/context';

/** What a computer does that dies after so many calls that change something: from then on none of its calls is sent or answered. */
export function mortal(context: Context, changes: number): { readonly context: Context; readonly died: Promise<void> } {
  let left = changes;
  let die: () => void;
  const died = new Promise<void>((resolve) => (die = resolve));
  const never = new Promise<never>(() => undefined);
  const pass = <Answer>(name: string, call: () => Promise<Answer>): Promise<Answer> => {
    if (left >= 0 && !/^(Get|List|Head|Describe)/.test(name)) {
      left -= 1;
      if (left < 0) die();
    }
    return left < 0 ? never : call();
  };
  const watch = <Input extends object, Output extends object>(stack: MiddlewareStack<Input, Output>) =>
    stack.add(
      (next, { commandName = '' }) =>
        (args) =>
          pass(commandName, () => next(args)),
      { step: 'initialize' },
    );

  const clients = createClients({ region: context.site.region });
  watch(clients.s3.middlewareStack);
  watch(clients.cloudfront.middlewareStack);
  const { ec2, ssm } = context.clients;
  const send = (...[command, options]: Parameters<typeof ssm.send>) =>
    pass(command.constructor.name, async () => ssm.send(command, options));
  return { context: { ...context, clients: { ...clients, ec2, ssm: { send } as unknown as typeof ssm } }, died };
}
