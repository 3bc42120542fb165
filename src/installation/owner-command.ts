import { parseArgs } from 'node:util'
import { z } from 'zod'
import { recordAudit } from '../audit/record.js'
import type { Db } from '../database/knex.js'
import { audited } from '../employees/queries.js'
import { hashPassword, newPassword } from '../sign-in/password.js'
import { findAccount } from '../sign-in/queries.js'
import { email, readForm, text } from '../web/form.js'
import { translator } from '../web/i18n.js'
import { createOwner } from './queries.js'

/** What the person at the terminal has to do otherwise, in one line. */
export class Refusal extends Error {}

/** What stands behind `npm run create-owner --`. */
export interface Given { name: string, email: string, password?: string, reset: boolean }

const USAGE = 'npm run create-owner -- --name "Anna Kowalska" --email anna@example.com'

/** Adds or resets the owner and returns what to say about it. `askPassword` is asked when none was given. Throws Refusal. */
export async function makeOwner (db: Db, given: Given, askPassword: () => Promise<string>): Promise<string> {
  const organisation = await db('organisation').first('language')
  if (!organisation) throw new Refusal('There is no company yet: run npm start and open its first page, which makes the company and its owner.')
  const account = await findAccount(db, given.email)
  if (account && !given.reset) {
    throw new Refusal(`${given.email} belongs to ${account.name} already. To make this employee an owner with a new password: npm run create-owner -- --reset --email ${given.email}`)
  }
  if (!account && given.reset) throw new Refusal(`No employee has the e-mail ${given.email}. To add an owner leave out --reset.`)
  if (!account && !given.name) throw new Refusal(`--name is missing: ${USAGE}`)

  const passwordHash = await hashPassword(checked(newPassword, given.password ?? await askPassword(), 'The password'))
  if (account) {
    await db.transaction(trx => resetOwner(trx, account.id, given.name || account.name, passwordHash))
    return `${given.name || account.name} is an owner with a new password, signed out everywhere, and two-step sign-in is off. Sign in as ${given.email}.`
  }
  await db.transaction(async trx => {
    const id = await createOwner(trx, { name: given.name, email: given.email, passwordHash, language: organisation.language })
    await recordAudit(trx, { id: null }, 'employees.owner_made', { subject: audited({ id, name: given.name }) })
  })
  return `${given.name} is an owner now. Sign in as ${given.email}.`
}

async function resetOwner (db: Db, id: number, name: string, passwordHash: string): Promise<void> {
  const role = await db('roles').where({ key: 'owner' }).first('id')
  await db('employees').where({ id }).update({
    name, password_hash: passwordHash, role_id: role.id, deactivated_at: null, invitation_hash: null, invitation_expires_at: null
  })
  await db('sessions').where({ employee_id: id }).delete()
  await db('two_steps').where({ employee_id: id }).delete() // the telephone with the codes may be what was lost
  await recordAudit(db, { id: null }, 'employees.owner_reset', { subject: audited({ id, name }) })
}

/** Throws Refusal. */
export function readArguments (args: string[]): Given {
  const { values } = parsed(args)
  if (!values.email) throw new Refusal(`--email is missing: ${USAGE}`)
  return {
    name: checked(text(200), values.name, '--name'),
    email: checked(email, values.email, '--email'),
    reset: values.reset,
    ...(values.password !== undefined && { password: values.password })
  }
}

function parsed (args: string[]) {
  try {
    return parseArgs({ args, options: { name: { type: 'string' }, email: { type: 'string' }, password: { type: 'string' }, reset: { type: 'boolean', default: false } } })
  } catch (error) {
    throw new Refusal(`${(error as Error).message.split('. ')[0]}. It goes like this: ${USAGE}`)
  }
}

/** What the forms check, said for the terminal. */
function checked (schema: z.ZodType<string>, value: unknown, name: string): string {
  const { values, errors } = readForm(z.object({ value: schema }), { value })
  if (errors) throw new Refusal(`${name}: ${translator('en')(errors.value!.key, errors.value!.values)}`)
  return values.value
}
