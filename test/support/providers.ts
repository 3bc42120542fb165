import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** What a stand-in of a provider was asked. */
export interface ProviderRequest { method: string, path: string, query: URLSearchParams, headers: IncomingHttpHeaders, body: string }

/** What it answers: a status and JSON or a text, or whatever it does with the connection. */
export type ProviderAnswer = { status: number, json?: unknown, text?: string, headers?: Record<string, string> } | ((response: ServerResponse) => void)

export interface Provider { origin: string, asked: ProviderRequest[], answer (request: ProviderRequest, n: number): ProviderAnswer, close (): Promise<void> }

/** A provider's server on the loopback, which keeps what it is asked. Closed when `t` ends. */
export async function startProvider (t: Pick<Test, 'teardown'>, answer: Provider['answer']): Promise<Provider> {
  const made: Provider = { origin: '', asked: [], answer, close: async () => {} }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const url = new URL(request.url!, 'http://provider')
      const asked = { method: request.method!, path: url.pathname, query: url.searchParams, headers: request.headers, body: Buffer.concat(chunks).toString('utf8') }
      made.asked.push(asked)
      const told = made.answer(asked, made.asked.length)
      if (typeof told === 'function') told(response)
      else response.writeHead(told.status, { 'content-type': told.json === undefined ? 'text/plain' : 'application/json', ...told.headers }).end(told.json === undefined ? told.text ?? '' : JSON.stringify(told.json))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  made.close = async () => { server.closeAllConnections(); if (server.listening) { server.close(); await once(server, 'close') } }
  t.teardown(() => made.close())
  made.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return made
}

/**
 * Twilio's Messages resource as https://www.twilio.com/docs/messaging/api/message-resource has it: Basic authentication, a form, 201 with
 * the message's SID, and errors with codes of their own.
 */
export const twilioAnswer = (token: string): Provider['answer'] => ({ method, path, headers, body }, n) => {
  const [, account] = /^\/2010-04-01\/Accounts\/(\w+)\/Messages\.json$/.exec(path) ?? []
  const error = (status: number, code: number, message: string) => ({ status, json: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status } })
  if (!account || method !== 'POST') return error(404, 20404, 'The requested resource was not found')
  if (headers.authorization !== `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}`) return error(401, 20003, 'Authenticate')
  const form = new URLSearchParams(body)
  if (!form.get('To') || !form.get('Body')) return error(400, 21604, "A 'To' phone number is required.")
  if (!form.get('From') && !form.get('MessagingServiceSid')) return error(400, 21603, "A 'From' phone number is required.")
  if (!/^(whatsapp:)?\+[1-9]\d{6,14}$/.test(form.get('To')!)) return error(400, 21211, "Invalid 'To' Phone Number")
  return { status: 201, json: { sid: `SM${String(n).padStart(32, '0')}`, account_sid: account, to: form.get('To'), from: form.get('From'), body: form.get('Body'), status: 'queued', error_code: null, error_message: null, num_segments: '1', direction: 'outbound-api' } }
}

/** What Twilio signs a webhook with (https://www.twilio.com/docs/usage/webhooks/webhooks-security). */
export const twilioSignature = (token: string, url: string, form: Record<string, string>): string =>
  createHmac('sha1', token).update(url + Object.keys(form).sort().map(name => name + form[name]).join('')).digest('base64')

/** Infobip's APIs of SMS (v3), WhatsApp and Viber as https://www.infobip.com/docs/api has them: an API key, JSON, a state of each message. */
export const infobipAnswer = (key: string): Provider['answer'] => ({ path, headers, body }) => {
  if (headers.authorization !== `App ${key}`) return { status: 401, json: { requestError: { serviceException: { messageId: 'UNAUTHORIZED', text: 'Invalid login details' } } } }
  const pending = { groupId: 1, groupName: 'PENDING', id: 26, name: 'PENDING_ACCEPTED', description: 'Message sent to next instance' }
  const told = JSON.parse(body)
  if (path === '/whatsapp/1/message/text') return { status: 200, json: { to: told.to, messageCount: 1, messageId: told.messageId, status: { groupId: 1, groupName: 'PENDING', id: 7, name: 'PENDING_ENROUTE', description: 'Message sent to next instance' } } }
  if (path !== '/sms/3/messages' && path !== '/viber/2/messages') return { status: 404, json: { requestError: { serviceException: { messageId: 'NOT_FOUND', text: 'Requested URL not found' } } } }
  const { destinations: [{ to, messageId }] } = told.messages[0]
  const status = String(to).startsWith('0') ? { groupId: 5, groupName: 'REJECTED', id: 52, name: 'REJECTED_INVALID_DESTINATION', description: 'Invalid destination address.' } : pending
  return { status: 200, json: { bulkId: 'bulk-1', messages: [{ messageId, status, destination: to, ...(path.startsWith('/sms') && { details: { messageCount: 1 } }) }] } }
}

/** A report as Infobip's webhook brings it. */
export const infobipReport = (messageId: string, status: object, error: object = { groupId: 0, groupName: 'OK', id: 0, name: 'NO_ERROR', description: 'No Error', permanent: false }) =>
  ({ bulkId: 'bulk-1', messageId, to: '48600123456', sentAt: '2026-05-20T10:00:00.000+0000', doneAt: '2026-05-20T10:00:05.000+0000', messageCount: 1, price: { pricePerMessage: 0.01, currency: 'EUR' }, status, error })
