/**
 * `npm run create-owner -- --name "Anna Kowalska" --email anna@example.com`: adds an owner from the terminal, for whoever
 * has lost the way in. With `--reset` the employee who has this e-mail becomes an owner with a new password.
 */
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text as readAll } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { recordAudit } from '../src/audit/record.js'
import { ConfigError, readConfig } from '../src/config.js'
import type { Db } from '../src/database/knex.js'
import { openStore } from '../src/database/store.js'
import { audited } from '../src/employees/queries.js'
import { createOwner } from '../src/installation/queries.js'
import { hashPassword, newPassword } from '../src/sign-in/password.js'
import { findAccount } from '../src/sign-in/queries.js'
import { email, readForm, text } from '../src/web/form.js'
import { translator } from '../src/web/i18n.js'

/** What the person at the terminal has to do otherwise, in one line. */
class Refusal extends Error {}

interface Given { name: string, email: string, password?: string, reset: boolean }

const USAGE = 'npm run create-owner -- --name "Anna Kowalska" --email anna@example.com'

async function main (): Promise<void> {
  const given = readArguments(process.argv.slice(2))
  const opening = openStore(readConfig(process.env))
  // The terminal's Ctrl-C doesn't reach the embedded Postgres: it has to be stopped.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { opening.then(store => store.close()).finally(() => process.exit(1)) })
  const store = await opening
  try {
    console.log(await makeOwner(store.db, given))
  } finally {
    await store.close()
  }
}

/** Adds or resets the owner and returns what to say about it. Throws Refusal. */
async function makeOwner (db: Db, given: Given): Promise<string> {
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

function readArguments (args: string[]): Given {
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

/** Asks for the password on the terminal, twice and unseen; what is piped in is taken as it is, up to the first line's end. */
async function askPassword (): Promise<string> {
  if (!process.stdin.isTTY) {
    const [line = ''] = (await readAll(process.stdin)).split(/\r?\n/)
    if (!line) throw new Refusal('No password: type it on a terminal, pipe it in, or give it with --password.')
    return line
  }
  const password = await askUnseen('Password, 10 characters or more (it stays unseen): ')
  if (await askUnseen('The same once more: ') !== password) throw new Refusal('These were two different passwords. Nothing was changed: try again.')
  return password
}

async function askUnseen (question: string): Promise<string> {
  process.stderr.write(question)
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: unseen, terminal: true })
  try {
    return await new Promise<string>((resolve, reject) => {
      terminal.once('close', () => reject(new Refusal('Stopped. Nothing was changed.')))
      terminal.question('').then(resolve, reject)
    })
  } finally {
    terminal.close()
    process.stderr.write('\n')
  }
}

main().catch((error: Error) => {
  console.error(`${error instanceof ConfigError ? 'Configuration: ' : ''}${error.message.split('\n')[0]}`)
  process.exitCode = 1
})
