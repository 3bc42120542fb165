import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import type { SendFate } from '../../src/messages/fate.js'
import type { MessageChannel } from '../../src/messages/message.js'
import type { Gateway, Outgoing } from '../../src/messages/sending/gateway.js'

export interface FakeGateway {
  /** What it was given, in order. */
  given: Outgoing[]
  /** How the next messages fare; sent unless said otherwise. */
  answer (message: Outgoing): SendFate | Promise<SendFate>
  isDown: boolean
  opened: number
}

/** Puts a gateway of its own before a channel, until the test ends. */
export function fakeGateway (t: Pick<Test, 'teardown'>, app: FastifyInstance, channel: MessageChannel, options: Partial<Pick<Gateway, 'name' | 'isIdempotent' | 'lanes' | 'perMinute'>> = {}): FakeGateway {
  const fake: FakeGateway = { given: [], answer: ({ id }) => ({ state: 'sent', said: 'ok', providerId: `p-${id}` }), isDown: false, opened: 0 }
  const real = app.gatewayOf.get(channel)
  t.teardown(() => { if (real) app.gatewayOf.set(channel, real); else app.gatewayOf.delete(channel) })
  app.gatewayOf.set(channel, async () => {
    fake.opened++
    return {
      name: 'fake', isIdempotent: false, lanes: 1, perMinute: null, ...options,
      get isDown () { return fake.isDown },
      async send (message) { fake.given.push(message); return fake.answer(message) },
      close () {}
    }
  })
  return fake
}
