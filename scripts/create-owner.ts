/**
 * `npm run create-owner -- --name "Anna Kowalska" --email anna@example.com`: adds an owner from the terminal, for whoever
 * has lost the way in. With `--reset` the employee who has this e-mail becomes an owner with a new password.
 */
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text as readAll } from 'node:stream/consumers'
import { ConfigError, readConfig } from '../src/config.js'
import { openStore } from '../src/database/store.js'
import { makeOwner, readArguments, Refusal } from '../src/installation/owner-command.js'

async function main (): Promise<void> {
  const given = readArguments(process.argv.slice(2))
  const opening = openStore(readConfig(process.env))
  // The terminal's Ctrl-C doesn't reach the embedded Postgres: it has to be stopped.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { opening.then(store => store.close()).finally(() => process.exit(1)) })
  const store = await opening
  try {
    console.log(await makeOwner(store.db, given, askPassword))
  } finally {
    await store.close()
  }
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
