import { appendFileSync } from 'node:fs'
import { SMTPServer } from 'smtp-server'

// A mail server in a process of its own, so that it can be killed. What it took stands in a file before it says so, as with a real one.
const [, , port, ledger] = process.argv
const server = new SMTPServer({
  disabledCommands: ['STARTTLS', 'AUTH'],
  authOptional: true,
  disableReverseLookup: true,
  onData (stream, session, done) {
    const parts: Buffer[] = []
    stream.on('data', part => { parts.push(part) })
    stream.on('end', () => {
      const subject = /^Subject: (fault .+?)\r$/m.exec(Buffer.concat(parts).toString())?.[1] ?? 'unknown'
      setTimeout(() => {
        appendFileSync(ledger!, `${subject} <${session.envelope.rcptTo.map(({ address }) => address).join(' ')}>\n`)
        setTimeout(() => done(null, 'taken'), Math.random() * 20)
      }, Math.random() * 20)
    })
  }
})
server.on('error', () => {})
server.listen(Number(port), '127.0.0.1', () => process.send?.('listening'))
process.on('disconnect', () => process.exit(0))
