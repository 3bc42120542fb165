import { randomUUID } from 'node:crypto'
import type { FastifyRequest, FastifyServerOptions } from 'fastify'
import type { Config } from '../config.js'

/**
 * JSON lines by pino, each with its request's id. No personal data: of a request the method and the route's pattern are
 * logged, never the address (it holds what was searched), the body, cookies or the visitor's IP address.
 */
export function logging (config: Config): FastifyServerOptions {
  return {
    logger: {
      level: config.logLevel,
      serializers: {
        req: (request: FastifyRequest) => ({ method: request.method, route: request.routeOptions?.url ?? 'unknown' }),
        err: (error: Error & { code?: string }) => ({ type: error.name, code: error.code, message: blankValues(error), stack: blankStack(error) })
      }
    },
    genReqId: () => randomUUID(),
    requestIdHeader: false
  }
}

// Knex puts the bound values, and Postgres the offending row, into the error's words.
const isDatabaseError = (error: Error & { code?: string }) => /^[0-9A-Z]{5}$/.test(error.code ?? '')

function blankValues (error: Error & { code?: string, constraint?: string, table?: string }): string {
  return isDatabaseError(error) ? `database error ${error.code}${error.constraint ? ` on ${error.constraint}` : ''}` : error.message
}

const blankStack = (error: Error) => (error.stack ?? '').split('\n').filter(line => line.startsWith('    at ')).join('\n')
